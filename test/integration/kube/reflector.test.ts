import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FaultProxy } from '#cli/drill/proxy.ts';
import { systemClock } from '#operator/clock.ts';
import type { Connection } from '#operator/kube/connection.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { type Incident, type Reflector, startReflector, type Timing } from '#operator/kube/reflector.ts';
import { createStore, keyOf, type Store } from '#operator/kube/store.ts';
import { adminConnection, CONFIG_MAPS, configMap, soon, testKube, testNamespace } from '#test/support/kube.ts';
import { type KubeApiserver, startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

/** A server of its own: these tests kill it, freeze it and make it forget. */
let server: KubeApiserver;
let proxy: FaultProxy;
let direct: Connection;
let proxied: Connection;

beforeAll(async () => {
  server = await startKubeApiserver();
  proxy = await FaultProxy.open(server.url);
  direct = await adminConnection(server.kubeconfig);
  proxied = { ...direct, server: new URL(proxy.url.replace(/^\w+:/, 'https:')) };
});
beforeEach(({ onTestFailed }): void => {
  onTestFailed(() => void process.stderr.write(`${server.log().slice(-3000)}\n`));
});
afterAll(async () => {
  await proxy.close();
  await server.close();
});

/** Quick, so that silence is noticed within seconds. */
const TIMING: Partial<Timing> = {
  watchSeconds: 2,
  silenceMs: 1000,
  healthyMs: 300,
  backoff: { minMs: 20, maxMs: 500 },
};

interface Mirror {
  readonly admin: Kube;
  readonly namespace: string;
  readonly store: Store<never>;
  readonly reflector: Reflector;
  readonly incidents: Incident[];
  readonly notified: string[];
  /** Waits until the store is what the server has. */
  settle(): Promise<void>;
  write(name: string, value: string): Promise<void>;
}

async function mirror(timing: Partial<Timing> = {}): Promise<Mirror> {
  const admin = testKube(direct);
  const namespace = await testNamespace(admin);
  const incidents: Incident[] = [];
  const notified: string[] = [];
  const store = createStore({
    indexes: {},
    concerns: ({ metadata }) => [keyOf(metadata)],
    notify: (key) => notified.push(key),
  });
  const reflector = startReflector({
    kube: testKube(proxied),
    resource: CONFIG_MAPS,
    scope: { namespace },
    sink: store,
    clock: systemClock,
    random: Math.random,
    onIncident: (incident) => incidents.push(incident),
    timing: { ...TIMING, ...timing },
  });
  onTestFinished(() => reflector.stop());
  await reflector.whenSynced();
  const versions = (objects: readonly { metadata: { name: string; resourceVersion: string } }[]) =>
    objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).toSorted();
  return {
    admin,
    namespace,
    store,
    reflector,
    incidents,
    notified,
    write: async (name, value) => {
      await admin.apply(CONFIG_MAPS, configMap(namespace, name, { value }), soon());
    },
    settle: async () => {
      const { value: page } = await admin.pages(CONFIG_MAPS, { namespace }, soon()).next();
      await until(() => expect(versions(store.list())).toEqual(versions(page?.items ?? [])) ?? true, {
        describe: 'the store to hold what the server has',
      });
    },
  };
}

const lists = ({ incidents }: Mirror) => incidents.filter(({ kind }) => kind === 'listed').length;
const failures = ({ incidents }: Mirror) =>
  incidents.flatMap((incident) => (incident.kind === 'failed' ? [incident.failure] : []));

describe('a reflector', () => {
  it('follows what happens, over the planned end of its watches, with one list', async () => {
    const copy = await mirror();
    await copy.write('a', '1');
    await copy.write('b', '1');
    await copy.settle();
    await until(() => copy.incidents.filter(({ kind }) => kind === 'ended').length >= 2, {
      describe: 'two watches to end',
    });
    await copy.write('a', '2');
    await copy.admin.delete(CONFIG_MAPS, { namespace: copy.namespace, name: 'b' }, soon());
    await copy.settle();
    expect(copy.store.get(`${copy.namespace}/a`)).toMatchObject({ data: { value: '2' } });
    expect(copy.store.size).toBe(1);
    expect(lists(copy)).toBe(1);
    expect(copy.notified).toEqual(['a', 'b', 'a', 'b'].map((name) => `${copy.namespace}/${name}`));
  });

  it('misses nothing over 100 resets while objects are written, and lists only once', async () => {
    const copy = await mirror();
    for (let round = 0; round < 100; round += 1) {
      await copy.write(`a${round % 7}`, String(round));
      await proxy.behave({ kind: 'refuse' });
      await copy.write(`b${round % 5}`, String(round));
      await proxy.behave({ kind: 'pass' });
    }
    await copy.settle();
    expect(copy.store.size).toBe(12);
    expect(lists(copy)).toBe(1);
  });

  it('asks seldom while the server refuses, and is back soon after', async () => {
    const copy = await mirror();
    await copy.write('a', '1');
    await proxy.behave({ kind: 'refuse' });
    const startedMs = performance.now();
    await until(() => failures(copy).length >= 8, { describe: 'eight failures' });
    // 20 + 40 + 80 + 160 + 320 + 500 + 500 ms between the eight, of each at least half.
    expect(performance.now() - startedMs).toBeGreaterThan(800);
    expect(new Set(failures(copy))).toEqual(new Set(['unavailable']));
    await proxy.behave({ kind: 'pass' });
    await copy.write('a', '2');
    await copy.settle();
  });

  it('goes on where it was after the server was killed and started again on the same etcd', async () => {
    const copy = await mirror();
    await copy.write('a', '1');
    await server.kill();
    await server.restart();
    await copy.write('a', '2');
    await copy.write('b', '1');
    await copy.settle();
    expect(copy.store.size).toBe(2);
  });

  it('lists again, after a pause, when the server has forgotten the resource version', async () => {
    const copy = await mirror();
    await copy.write('a', '1');
    await copy.write('gone', '1');
    await copy.settle();
    await proxy.behave({ kind: 'refuse' });
    await copy.admin.delete(CONFIG_MAPS, { namespace: copy.namespace, name: 'gone' }, soon());
    for (let i = 0; i < 5; i += 1) await copy.write(`late${i}`, '1');
    await server.compact();
    // What it keeps in memory would still reach further back.
    await server.kill();
    await server.restart();
    await proxy.behave({ kind: 'pass' });
    await copy.settle();
    expect(failures(copy)).toContain('gone');
    expect(lists(copy)).toBe(2);
    expect(copy.notified).toContain(`${copy.namespace}/gone`);
    expect(copy.store.size).toBe(6);
  });

  it('notices a server that stands still, tells that it is deaf, and recovers', async () => {
    const copy = await mirror();
    await copy.write('a', '1');
    await copy.settle();
    expect(copy.reflector.isDeaf()).toBe(false);
    await server.freeze();
    await until(() => copy.reflector.isDeaf(), { describe: 'the reflector to be deaf' });
    expect(failures(copy)).toContain('timed-out');
    server.thaw();
    await copy.write('a', '2');
    await copy.settle();
    expect(copy.reflector.isDeaf()).toBe(false);
  });

  it('notices a connection that is open at one end only', async () => {
    const copy = await mirror();
    await copy.write('a', '1');
    await copy.settle();
    await proxy.behave({ kind: 'silent' });
    await copy.write('a', '2');
    await proxy.behave({ kind: 'pass' });
    await copy.settle();
    expect(failures(copy)).toContain('timed-out');
    expect(lists(copy)).toBe(1);
  });

  it('lists again when its sink fails, and is not ended by it', async () => {
    const copy = await mirror();
    const put = copy.store.put.bind(copy.store);
    let faults = 2;
    copy.store.put = (object) => {
      if (faults-- > 0) throw new Error('no room');
      put(object);
    };
    await copy.write('a', '1');
    await copy.settle();
    await copy.write('a', '2');
    await copy.settle();
    // Once on a watch, once on the list that follows, which therefore never ends.
    expect(failures(copy)).toEqual(['sink', 'sink']);
    expect(copy.incidents.flatMap((each) => (each.kind === 'failed' ? [each.during] : []))).toEqual(['watch', 'list']);
    expect(lists(copy)).toBe(2);
  });

  it('stops while it waits', async () => {
    const copy = await mirror({ backoff: { minMs: 60_000, maxMs: 60_000 } });
    await proxy.behave({ kind: 'refuse' });
    await until(() => failures(copy).length > 0, { describe: 'a failure' });
    await copy.reflector.stop();
    await proxy.behave({ kind: 'pass' });
    expect(copy.incidents.at(-1)).toMatchObject({ kind: 'failed' });
  });
});

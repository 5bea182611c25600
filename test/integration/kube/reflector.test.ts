import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FaultProxy } from '#cli/drill/proxy.ts';
import type { Connection } from '#operator/kube/connection.ts';
import type { Timing } from '#operator/kube/reflector.ts';
import { adminConnection, CONFIG_MAPS, soon } from '#test/support/kube.ts';
import { type KubeApiserver, startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { startTestMirror, type TestMirror } from '#test/support/kube-mirror.ts';
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

async function mirror(timing: Partial<Timing> = {}): Promise<TestMirror> {
  const copy = await startTestMirror({ direct, watched: proxied, timing });
  await copy.reflector.whenSynced();
  return copy;
}

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
    expect(copy.lists()).toBe(1);
    expect(copy.notified).toEqual(['a', 'b', 'a', 'b'].map((name) => `${copy.namespace}/${name}`));
  });

  it('asks seldom while the server refuses, and is back soon after', async () => {
    const copy = await mirror();
    await copy.write('a', '1');
    await proxy.behave({ kind: 'refuse' });
    const startedMs = performance.now();
    await until(() => copy.failures().length >= 8, { describe: 'eight failures' });
    // 20 + 40 + 80 + 160 + 320 + 500 + 500 ms between the eight, of each at least half.
    expect(performance.now() - startedMs).toBeGreaterThan(800);
    expect(new Set(copy.failures())).toEqual(new Set(['unavailable']));
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
    expect(copy.failures()).toContain('gone');
    expect(copy.lists()).toBe(2);
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
    expect(copy.failures()).toContain('timed-out');
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
    expect(copy.failures()).toContain('timed-out');
    expect(copy.lists()).toBe(1);
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
    expect(copy.failures()).toEqual(['sink', 'sink']);
    expect(copy.incidents.flatMap((each) => (each.kind === 'failed' ? [each.during] : []))).toEqual(['watch', 'list']);
    expect(copy.lists()).toBe(2);
  });

  it('stops while it waits', async () => {
    const copy = await mirror({ backoff: { minMs: 60_000, maxMs: 60_000 } });
    await proxy.behave({ kind: 'refuse' });
    await until(() => copy.failures().length > 0, { describe: 'a failure' });
    await copy.reflector.stop();
    await proxy.behave({ kind: 'pass' });
    expect(copy.incidents.at(-1)).toMatchObject({ kind: 'failed' });
  });
});

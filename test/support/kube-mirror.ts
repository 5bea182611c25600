import { onTestFinished } from 'vitest';
import { systemClock } from '#operator/clock.ts';
import type { Connection } from '#operator/kube/connection.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { type Incident, type Reflector, startReflector, type Timing } from '#operator/kube/reflector.ts';
import { createStore, keyOf, type Store } from '#operator/kube/store.ts';
import { CONFIG_MAPS, configMap, soon, testKube, testNamespace } from './kube.ts';
import { until } from './until.ts';

/** Quick, so that silence is noticed within seconds. */
const TIMING: Partial<Timing> = {
  watchSeconds: 2,
  silenceMs: 1000,
  healthyMs: 300,
  backoff: { minMs: 20, maxMs: 500 },
};

/** A copy of the config maps of a namespace, and a way past its faults to what it is a copy of. */
export interface TestMirror {
  readonly admin: Kube;
  readonly namespace: string;
  readonly store: Store<never>;
  readonly reflector: Reflector;
  readonly incidents: Incident[];
  readonly notified: string[];
  /** Waits until the store is what the server has. */
  settle(timeoutMs?: number): Promise<void>;
  write(name: string, value: string): Promise<void>;
  /** How often everything was listed. */
  lists(): number;
  /** Kinds of failures, in their order. */
  failures(): string[];
}

interface TestMirrorOptions {
  /** Without faults. */
  readonly direct: Connection;
  /** What the copy is made through; may need the namespace. */
  readonly watched: Connection | ((at: { admin: Kube; namespace: string }) => Promise<Connection>);
  readonly timing?: Partial<Timing>;
  /** Fills the namespace before the copy is begun. */
  readonly before?: (at: { admin: Kube; namespace: string }) => Promise<void>;
}

/** Starts a copy that ends with the test. It may not have listed yet. */
export async function startTestMirror(options: TestMirrorOptions): Promise<TestMirror> {
  const { direct, watched, timing = {}, before = async () => {} } = options;
  const admin = testKube(direct);
  const namespace = await testNamespace(admin);
  await before({ admin, namespace });
  const connection = typeof watched === 'function' ? await watched({ admin, namespace }) : watched;
  const incidents: Incident[] = [];
  const notified: string[] = [];
  const store = createStore({
    indexes: {},
    concerns: ({ metadata }) => [keyOf(metadata)],
    notify: (key) => notified.push(key),
  });
  const reflector = startReflector({
    kube: testKube(connection),
    resource: CONFIG_MAPS,
    scope: { namespace },
    sink: store,
    clock: systemClock,
    random: Math.random,
    onIncident: (incident) => incidents.push(incident),
    timing: { ...TIMING, ...timing },
  });
  onTestFinished(() => reflector.stop());
  const versions = (objects: readonly { metadata: { name: string; resourceVersion: string } }[]) =>
    objects.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).toSorted();
  const served = async () => {
    const all: string[] = [];
    for await (const { items } of admin.pages(CONFIG_MAPS, { namespace }, soon())) all.push(...versions(items));
    return all.toSorted();
  };
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
    settle: async (timeoutMs = 10_000) => {
      const wanted = (await served()).join();
      await until(() => versions(store.list()).join() === wanted, {
        describe: 'the store to hold what the server has',
        timeoutMs,
      });
    },
    lists: () => incidents.filter(({ kind }) => kind === 'listed').length,
    failures: () => incidents.flatMap((incident) => (incident.kind === 'failed' ? [incident.failure] : [])),
  };
}

import { systemClock } from '#operator/clock.ts';
import { createKube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { startReflector } from '#operator/kube/reflector.ts';
import { createStore, keyOf, ownerUids } from '#operator/kube/store.ts';

/** What an operator does at its start, for one kind: connects, lists, watches. Prints figures when synced, then when idle. */
const [file = '', namespace = '', idleMs = '0'] = process.argv.slice(2);
const connection = await kubeconfigConnection({ file, now: () => performance.now() });
const kube = createKube({ connection, fieldManager: 'bench', userAgent: 'bench', random: Math.random });
const store = createStore({
  indexes: { owner: ownerUids },
  concerns: ({ metadata }) => [keyOf(metadata)],
  notify: () => {},
});
const beganMs = performance.now();
const reflector = startReflector({
  kube,
  resource: { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  scope: { namespace },
  sink: store,
  clock: systemClock,
  random: Math.random,
});
await reflector.whenSynced();
const syncedMs = performance.now();
await new Promise((resolve) => setTimeout(resolve, Number(idleMs)));
const figures = {
  objects: store.size,
  startToSyncedMs: syncedMs,
  listMs: syncedMs - beganMs,
  rssMb: process.memoryUsage().rss / 1e6,
  peakMb: process.resourceUsage().maxRSS / 1e3,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
await reflector.stop();
kube.close();

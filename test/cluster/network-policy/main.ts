import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Command } from 'commander';
import type * as z from 'zod';
import { sleep, systemClock } from '#operator/clock.ts';
import { createKube } from '#operator/kube/kube.ts';
import { kubeconfigConnection } from '#operator/kube/kubeconfig.ts';
import { startReflector } from '#operator/kube/reflector.ts';
import type { KubeObject, Resource } from '#operator/kube/resource.ts';
import { NAMESPACES } from '#operator/kube/resource.ts';
import { Namespace, PODS, POLICIES, Pod, Policy } from './objects.ts';
import { renderTable } from './table.ts';

/** What changes together is applied together. */
const GATHER_MS = 20;
const RETRY_MS = 1000;
const NFT_TIMEOUT_MS = 10_000;

/** Enforces NetworkPolicy objects in the network namespace that it runs in, until it is killed. */
async function enforce(kubeconfig: string, nft: string): Promise<void> {
  const connection = await kubeconfigConnection({ file: kubeconfig, now: () => systemClock.now() });
  const { random } = Math;
  const kube = createKube({ connection, fieldManager: 'network-policy', userAgent: 'network-policy', random });
  const forever = new AbortController().signal;
  let changed = Promise.withResolvers<void>();

  const mirror = <T>(resource: Resource, schema: z.ZodType<T>) => {
    const objects = new Map<string, T>();
    const put = (object: KubeObject) => {
      objects.set(object.metadata.uid, schema.parse(object));
      changed.resolve();
    };
    const drop = (uids: Iterable<string>) => {
      for (const uid of uids) objects.delete(uid);
      changed.resolve();
    };
    const reflector = startReflector({
      kube,
      resource,
      scope: {},
      sink: {
        put,
        remove: ({ metadata }) => drop([metadata.uid]),
        retain: (uids) => drop([...objects.keys()].filter((uid) => !uids.has(uid))),
      },
      clock: systemClock,
      random,
      onIncident: (incident) => {
        if (incident.kind === 'failed') process.stderr.write(`${resource.plural}: ${incident.error.message}\n`);
      },
    });
    return { list: () => [...objects.values()], synced: reflector.whenSynced() };
  };

  const [pods, namespaces, policies] = [mirror(PODS, Pod), mirror(NAMESPACES, Namespace), mirror(POLICIES, Policy)];
  await Promise.all([pods.synced, namespaces.synced, policies.synced]);
  let applied = '';
  for (;;) {
    changed = Promise.withResolvers<void>();
    const table = renderTable({ pods: pods.list(), namespaces: namespaces.list(), policies: policies.list() });
    if (table !== applied) {
      try {
        await load(nft, table);
        applied = table;
      } catch (error) {
        process.stderr.write(`${String(error)}\n${table}\n`);
        await sleep(systemClock, RETRY_MS, forever);
        continue;
      }
    }
    await changed.promise;
    await sleep(systemClock, GATHER_MS, forever);
  }
}

async function load(nft: string, table: string): Promise<void> {
  const running = promisify(execFile)(nft, ['-f', '-'], { timeout: NFT_TIMEOUT_MS });
  running.child.stdin?.end(table);
  await running;
}

await new Command('network-policy')
  .description('Enforces NetworkPolicy objects on the one node of a test cluster')
  .requiredOption('--kubeconfig <file>', 'who may read pods, namespaces and policies')
  .requiredOption('--nft <file>', 'the program that loads rules')
  .action(({ kubeconfig, nft }: { kubeconfig: string; nft: string }) => enforce(kubeconfig, nft))
  .parseAsync();

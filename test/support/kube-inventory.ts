import * as z from 'zod';
import { bodyOf, createCaller } from '#operator/kube/caller.ts';
import type { Call } from '#operator/kube/kube-error.ts';
import { pathOf, type Resource, titleOf } from '#operator/kube/resource.ts';
import { createTransport } from '#operator/kube/transport.ts';
import { adminConnection, TEST_NAMESPACE_PREFIX } from './kube.ts';

const Groups = z.object({
  groups: z.array(
    z.object({ preferredVersion: z.object({ groupVersion: z.string(), version: z.string() }), name: z.string() }),
  ),
});
const Resources = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), verbs: z.array(z.string()) })),
});
const List = z.object({
  items: z
    .array(
      z.object({
        metadata: z.object({
          name: z.string(),
          namespace: z.string().default(''),
          managedFields: z.array(z.object({ manager: z.string().default('') })).default([]),
        }),
      }),
    )
    .nullable(),
});

/** Come and go by themselves, or with a Service. */
const IGNORED = new Set([
  'componentstatuses',
  'events',
  'events.events.k8s.io',
  'ipaddresses.networking.k8s.io',
  'leases.coordination.k8s.io',
]);

/** Some are made long after the server is ready. What a test has made, the server may have written into. */
const isServersOwn = ({ managedFields }: { managedFields: readonly { manager: string }[] }): boolean =>
  managedFields.length > 0 && managedFields.every(({ manager }) => manager === 'kube-apiserver');

/**
 * What a cluster holds outside the namespaces of tests, as `<resource> <namespace>/<name>`: what tests have left there can
 * be told by comparing two of them.
 */
export async function inventory(kubeconfig: string): Promise<Set<string>> {
  const transport = createTransport(await adminConnection(kubeconfig), 'test');
  const ask = createCaller({ transport, random: () => 0, onCall: () => {} });
  const get = <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const call: Call = { verb: 'list', resource: { group: '', version: 'v1', kind: '', plural: path } };
    const how = { signal: AbortSignal.timeout(30_000) };
    return ask(call, { method: 'GET', path }, how, (answer) => schema.parse(bodyOf(call, answer)));
  };
  const resourcesOf = async (group: string, version: string): Promise<Resource[]> => {
    const { resources } = await get(group === '' ? `/api/${version}` : `/apis/${group}/${version}`, Resources);
    return resources
      .filter(({ name, verbs }) => verbs.includes('list') && !name.includes('/'))
      .map(({ name, kind }) => ({ group, version, kind, plural: name }));
  };
  const found = new Set<string>();
  try {
    const { groups } = await get('/apis', Groups);
    const versions = groups.map(({ name, preferredVersion }) => ({ group: name, version: preferredVersion.version }));
    for (const { group, version } of [{ group: '', version: 'v1' }, ...versions]) {
      for (const resource of (await resourcesOf(group, version)).filter((each) => !IGNORED.has(titleOf(each)))) {
        const { items } = await get(pathOf(resource, {}), List);
        for (const { metadata } of items ?? []) {
          const place = resource.plural === 'namespaces' ? metadata.name : metadata.namespace;
          if (place.startsWith(TEST_NAMESPACE_PREFIX) || isServersOwn(metadata)) continue;
          found.add(`${titleOf(resource)} ${metadata.namespace}/${metadata.name}`);
        }
      }
    }
    return found;
  } finally {
    transport.close();
  }
}

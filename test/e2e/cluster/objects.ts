import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import * as z from 'zod';
import { temporaryFolder } from '#test/support/child.ts';
import { kubectl } from './facts.ts';

/** What people do with kubectl, and what they read from it. */

/** Applies objects as one file, as a person would. */
export async function apply(...objects: readonly object[]): Promise<void> {
  await kubectl('apply', '--filename', await file(objects));
}

async function file(objects: readonly object[]): Promise<string> {
  const path = join(temporaryFolder('manifest'), 'objects.yaml');
  await writeFile(path, objects.map((object) => stringify(object)).join('---\n'), { mode: 0o600 });
  return path;
}

const Pod = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    serviceAccountName: z.string().default('default'),
    automountServiceAccountToken: z.boolean().optional(),
  }),
  status: z.object({
    podIP: z.string().optional(),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    containerStatuses: z.array(z.object({ name: z.string(), containerID: z.string().optional() })).default([]),
    initContainerStatuses: z.array(z.object({ name: z.string(), containerID: z.string().optional() })).default([]),
  }),
});
export type Pod = z.output<typeof Pod>;
const Pods = z.object({ items: z.array(Pod) });

/** Those that are not about to go. */
export async function pods(namespace: string, selector = ''): Promise<Pod[]> {
  const text = await kubectl('get', 'pods', '--namespace', namespace, '--selector', selector, '--output', 'json');
  return Pods.parse(JSON.parse(text)).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

export const isReady = ({ status }: Pod): boolean =>
  status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');

/** @returns false where a disruption budget does not let it go now */
export async function evict({ metadata: { name, namespace } }: Pod): Promise<boolean> {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  try {
    await kubectl('create', '--raw', path, '--filename', await jsonFile(eviction));
    return true;
  } catch (error) {
    if (String(error).includes('disruption budget')) return false;
    throw error;
  }
}

async function jsonFile(object: object): Promise<string> {
  const path = join(temporaryFolder('manifest'), 'object.json');
  await writeFile(path, JSON.stringify(object));
  return path;
}

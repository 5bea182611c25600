import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { execute } from '#cli/programs/execute.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { temporaryFolder } from '#test/support/child.ts';

/** The chart as Helm sees it. */

export const CHART = fileURLToPath(new URL('../../../charts/intercom-operator', import.meta.url));

/** Where it is installed, if nothing else is said. */
export interface Release {
  readonly name: string;
  readonly namespace: string;
}
export const RELEASE: Release = { name: 'icwo', namespace: 'intercom' };

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().exactOptional(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});
export type Manifest = z.output<typeof Manifest>;

let program: Promise<string> | null = null;

/** Where it is; looked for once. */
async function findHelm(): Promise<string> {
  const { path } = await resolveProgram('helm', { env: process.env, onProgress: () => {} });
  return path;
}

async function helm(...args: readonly string[]): Promise<string> {
  program ??= findHelm();
  const path = await program;
  // Nothing of the person's own is read or written.
  const home = temporaryFolder('helm');
  const env = { PATH: process.env['PATH'], HOME: home, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home };
  return execute(path, args, { env, timeoutMs: 30_000 });
}

/** A file with values; JSON is YAML. */
function valuesFile(values: object): string {
  const file = join(temporaryFolder('values'), 'values.json');
  writeFileSync(file, JSON.stringify(values));
  return file;
}

/** What `helm lint --strict` says. @throws Error with its complaints */
export const lint = (values: object): Promise<string> =>
  helm('lint', '--strict', CHART, '--values', valuesFile(values));

const rendered = new Map<string, Promise<readonly Manifest[]>>();

/** Every object, of hooks too; made once for equal values. @throws Error where the values are refused */
export function template(values: object, release: Release = RELEASE): Promise<readonly Manifest[]> {
  const key = JSON.stringify([values, release]);
  const objects = rendered.get(key) ?? render(values, release);
  rendered.set(key, objects);
  return objects;
}

/** What Helm says when it looks at a cluster first. @throws Error where the values are refused */
export const templateFor = (kubeconfig: string, values: object, { name, namespace }: Release): Promise<string> => {
  const cluster = ['--kubeconfig', kubeconfig, '--dry-run=server'];
  return helm('template', name, CHART, '--namespace', namespace, '--values', valuesFile(values), ...cluster);
};

async function render(values: object, { name, namespace }: Release): Promise<readonly Manifest[]> {
  const text = await helm('template', name, CHART, '--namespace', namespace, '--values', valuesFile(values));
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const object: unknown = document.toJS();
    return object === null ? [] : [Manifest.parse(object)];
  });
}

/** What is shown when it has been installed. */
export const notes = async (values: object): Promise<string> => {
  const { name, namespace } = RELEASE;
  const args = ['--namespace', namespace, '--values', valuesFile(values), '--dry-run=client'];
  return (await helm('install', name, CHART, ...args)).split('\nNOTES:\n')[1] ?? '';
};

/** @throws Error where there is none, or more than one */
export function only(objects: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  const [one] = found;
  if (one === undefined || found.length > 1) throw new Error(`${found.length} of kind ${kind}, name ${name ?? 'any'}`);
  return one;
}

/** The value at a path of names and indexes. @throws Error where there is none */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce((inner, step) => {
    if (typeof inner !== 'object' || inner === null || !(step in inner)) throw new Error(`no ${path.join('.')}`);
    return (inner as Record<string | number, unknown>)[step];
  }, value);
}

const Container = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().exactOptional() })).default([]),
});
const PodTemplate = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z.looseObject({ containers: z.tuple([Container]) }),
});
export type PodTemplate = z.output<typeof PodTemplate>;

const WORKLOADS = ['Deployment', 'StatefulSet', 'Job'];
export const isWorkload = ({ kind }: Manifest): boolean => WORKLOADS.includes(kind);

/** The pods of a workload, or a pod as it is. Each has one container. */
export const podsOf = (object: Manifest): PodTemplate =>
  PodTemplate.parse(object.kind === 'Pod' ? object : at(object, 'spec', 'template'));

/** Variables of the environment that have a value, by name. */
export const environmentOf = ({ spec }: PodTemplate): Record<string, string> =>
  Object.fromEntries(spec.containers[0].env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));

import { availableOf, type ChildName, childName, isWorkload, resourceOf, SECRETS } from './children.ts';
import { type Children, trimmedChild } from './children-view.ts';
import { isAsDesired, stamped } from './drift.ts';
import type { Blocked } from './gate.ts';
import type { Kube } from './kube/kube.ts';
import { KubeError } from './kube/kube-error.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Writes } from './leader/fence.ts';
import { isControlledBy } from './owner-references.ts';
import type { Rendered } from './render/facts.ts';
import { type Part, partOf } from './render/meta.ts';

/** An object that is not as it was to be, and why. */
export interface Unapplied {
  readonly part: Part;
  /** `taken`: somebody else has the name. */
  readonly kind: 'taken' | 'failed';
  readonly error: Error;
}

export interface ApplyDeps {
  readonly kube: Pick<Kube, 'get'> & Pick<Writes, 'create' | 'adoptFields' | 'apply' | 'delete'>;
  readonly children: Children;
}

/** Objects of one resource that are written at once. */
const AT_ONCE = 4;

/**
 * Brings what is there to what is rendered: creates what is missing, applies what is different, deletes what is ours and no
 * longer rendered. What belongs to somebody else, or to a part that is blocked, is left alone.
 */
export async function apply(
  owner: KubeObject,
  { rendered, blocked }: { readonly rendered: readonly Rendered[]; readonly blocked: Blocked },
  deps: ApplyDeps,
  signal: AbortSignal,
): Promise<Unapplied[]> {
  const found = deps.children.of(owner);
  const wanted = rendered.filter(({ metadata }) => !blocked.has(partOf(metadata?.labels)));
  const bring = (object: Rendered) => bringOne(owner, object, { ...deps, found, signal });
  const unapplied = [
    ...(await eachOf(
      wanted.filter((object) => !isWorkload(object)),
      bring,
    )),
    ...(await eachOf(wanted.filter(isWorkload), bring)),
  ];
  const names = new Set(rendered.map(childName));
  for (const [name, child] of found) {
    if (names.has(name) || blocked.has(partOf(labelsOf(child))) || !isControlledBy(child, owner.metadata.uid)) continue;
    if (isWorkload(child) && isOnDuty(child, { rendered, found })) continue;
    unapplied.push(await removeOne(child, { ...deps, signal }));
  }
  return unapplied.filter((each) => each !== null);
}

type Labels = Readonly<Record<string, string>> | undefined;
const labelsOf = ({ metadata }: KubeObject): Labels => metadata['labels'] as Labels;

type Doing = ApplyDeps & { readonly signal: AbortSignal };

async function bringOne(
  owner: KubeObject,
  object: Rendered,
  { kube, children, found, signal }: Doing & { readonly found: ReadonlyMap<ChildName, KubeObject> },
): Promise<Unapplied | null> {
  const resource = resourceOf(object);
  const part = partOf(object.metadata?.labels);
  try {
    const known = found.get(childName(object)) ?? null;
    const created = known === null ? await createOne(kube, object, signal) : null;
    if (created !== null) {
      children.wrote(owner, { before: null, after: created });
      return null;
    }
    const before = known ?? (await lookUp(kube, object, signal));
    if (before !== null && !isControlledBy(before, owner.metadata.uid)) {
      const message = `${childName(object)} is there already, and ${ownerText(before)}: rename it, or this resource`;
      return { part, kind: 'taken', error: new Error(message) };
    }
    const desired = leavingReplicas(stamped(object), before);
    if (before !== null && isAsDesired(desired, before)) {
      if (known === null) children.wrote(owner, { before: null, after: before });
      return null;
    }
    if (before?.['isCreated'] === true) await kube.adoptFields(resource, refOf(object), { signal });
    const after = await kube.apply(resource, desired, { signal, force: true });
    children.wrote(owner, { before: known, after });
    return null;
  } catch (error) {
    return failedUnless(signal, part, error);
  }
}

/**
 * What no watch has told of is made by a plain POST: it fails where somebody has the name, and costs the API server less than
 * half of a look and an apply (docs/performance.md). Secrets are not watched, so they are looked for first.
 * @returns null where the name is taken, or may be
 */
async function createOne(
  kube: Pick<Writes, 'create'>,
  object: Rendered,
  signal: AbortSignal,
): Promise<KubeObject | null> {
  if (object.kind === SECRETS.kind) return null;
  try {
    return await kube.create(resourceOf(object), stamped(object), { signal });
  } catch (error) {
    if (error instanceof KubeError && error.kind === 'already-exists') return null;
    throw error;
  }
}

const refOf = ({ metadata: { name = '', namespace = '' } = {} }: Rendered) => ({ name, namespace });

async function lookUp(kube: Pick<Kube, 'get'>, object: Rendered, signal: AbortSignal): Promise<KubeObject | null> {
  const found = await kube.get(resourceOf(object), refOf(object), { signal });
  return found === null ? null : trimmedChild(found);
}

/** Whether it has pods while the workload of another kind that takes its place has none yet. */
function isOnDuty(
  workload: KubeObject,
  { rendered, found }: { rendered: readonly Rendered[]; found: ReadonlyMap<ChildName, KubeObject> },
): boolean {
  const heir = rendered.find((other) => isWorkload(other) && other.metadata?.name === workload.metadata.name);
  return heir !== undefined && availableOf(workload) > 0 && availableOf(found.get(childName(heir))) === 0;
}

async function removeOne(child: KubeObject, { kube, signal }: Doing): Promise<Unapplied | null> {
  const { name, namespace = '', uid } = child.metadata;
  try {
    await kube.delete(resourceOf(child), { name, namespace }, { signal, preconditions: { uid } });
    return null;
  } catch (error) {
    // It has gone, and what has its name now is another.
    if (error instanceof KubeError && error.kind === 'conflict') return null;
    return failedUnless(signal, partOf(labelsOf(child)), error);
  }
}

/** @throws the error where the pass was cut short, or it is a fault of ours */
function failedUnless(signal: AbortSignal, part: Part, error: unknown): Unapplied {
  if (signal.aborted || !(error instanceof KubeError)) throw error;
  // Somebody else has just written it: the next pass sees what.
  if (error.kind === 'conflict') throw error;
  return { part, kind: 'failed', error };
}

function ownerText({ metadata }: KubeObject): string {
  const controller = metadata.ownerReferences?.find((reference) => reference['controller'] === true);
  return controller === undefined ? 'nobody owns it' : `belongs to ${controller.kind} ${controller.name}`;
}

/** How many pods there are is for an autoscaler to say, where one has; not that there are to be none. */
function leavingReplicas(object: Rendered, before: KubeObject | null): Rendered {
  if (before?.['isScaled'] !== true || !isWorkload(object) || !('spec' in object)) return object;
  const { replicas, ...spec } = object.spec as { replicas?: number };
  if (replicas === 0) return object;
  return Object.assign({}, object, { spec });
}

/** In their order, a few at once. */
async function eachOf<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
}

import type { Clock } from '../clock.ts';
import type { Kube, Listed } from '../kube/kube.ts';
import { KubeError } from '../kube/kube-error.ts';
import { type Incident, type Reflector, startReflector } from '../kube/reflector.ts';
import { type Resource, titleOf } from '../kube/resource.ts';
import { createStore, type Store, type StoreOptions } from '../kube/store.ts';

export interface MirrorOptions<Index extends string> extends StoreOptions<Index> {
  readonly kube: Pick<Kube, 'pages' | 'watch'>;
  readonly resource: Resource;
  readonly scope: Listed;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onIncident?: (incident: Incident) => void;
}

/** A collection of the API server, kept here. */
export interface Mirror<Index extends string> {
  readonly store: Store<Index>;
  readonly reflector: Reflector;
  /** Why what is here cannot be relied on; null where it can. */
  problem(): string | null;
}

/** Begins to keep a copy of a collection, and goes on until its reflector is stopped. */
export function startMirror<Index extends string>(options: MirrorOptions<Index>): Mirror<Index> {
  const { resource, clock, onIncident = () => {} } = options;
  const store = createStore(options);
  let isSynced = false;
  let failure: { readonly error: Error; readonly atMs: number } | null = null;
  const reflector = startReflector({
    ...options,
    sink: store,
    onIncident: (incident) => {
      if (incident.kind === 'listed') isSynced = true;
      if (incident.kind === 'failed') failure = { error: incident.error, atMs: clock.now() };
      onIncident(incident);
    },
  });

  const problem = (): string | null => {
    const silentMs = reflector.silentMs();
    const isRecent = failure !== null && clock.now() - failure.atMs <= silentMs;
    const cause = failure !== null && isRecent ? explained(failure.error) : null;
    if (!isSynced) return cause ?? `waiting for the list of ${titleOf(resource)}`;
    if (cause !== null && isLasting(failure?.error)) return cause;
    if (!reflector.isDeaf()) return null;
    return `nothing heard of ${titleOf(resource)} for ${Math.round(silentMs / 1000)} s${cause === null ? '' : `: ${cause}`}`;
  };

  return { store, reflector, problem };
}

/** What does not pass by itself is told before we are deaf by it. */
const isLasting = (error: Error | undefined): boolean =>
  error instanceof KubeError && ['forbidden', 'unauthorized', 'not-found'].includes(error.kind);

const explained = (error: Error): string =>
  error instanceof KubeError && error.kind === 'not-found'
    ? `${titleOf(error.call.resource)} is not served: is its CustomResourceDefinition installed?`
    : error.message;

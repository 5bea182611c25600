import type { Clock } from '../clock.ts';
import { joinedReflector } from '../kube/joined-reflector.ts';
import type { Kube, Listed } from '../kube/kube.ts';
import { KubeError } from '../kube/kube-error.ts';
import { type Incident, type Reflector, type ReflectorOptions, startReflector } from '../kube/reflector.ts';
import { type Resource, titleOf } from '../kube/resource.ts';
import { createStore, type Store, type StoreOptions } from '../kube/store.ts';

export interface MirrorOptions<Index extends string> extends StoreOptions<Index> {
  readonly kube: Pick<Kube, 'pages' | 'watch'>;
  readonly resource: Resource;
  readonly scope: Listed;
  /** Each is listed and watched by itself, so that a role in each will do; none = what `scope` says. */
  readonly namespaces?: readonly string[];
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onIncident?: (incident: Incident) => void;
  /** The kind need not be served. */
  readonly isOptional?: boolean;
  /** Told when it is served that was not, or the other way round. */
  readonly onServed?: (isServed: boolean) => void;
}

/** A collection of the API server, kept here. */
export interface Mirror<Index extends string> {
  readonly store: Store<Index>;
  readonly reflector: Reflector;
  /** Whether the API server has such a kind, as far as is known. */
  isServed(): boolean;
  /** Why what is here cannot be relied on; null where it can. */
  problem(): string | null;
}

/** Begins to keep a copy of a collection, and goes on until its reflector is stopped. */
export function startMirror<Index extends string>(options: MirrorOptions<Index>): Mirror<Index> {
  const { resource, scope, namespaces = [], onIncident = () => {}, onServed = () => {} } = options;
  const store = createStore(options);
  let isServed = false;
  const serve = (is: boolean): void => {
    const isNews = is !== isServed;
    isServed = is;
    if (isNews) onServed(is);
  };
  const scopes = namespaces.length === 0 ? [scope] : namespaces.map((namespace) => ({ ...scope, namespace }));
  const sources = scopes.map((each) =>
    startSource({
      ...options,
      scope: each,
      sink: store,
      onIncident: (incident) => {
        if (incident.kind === 'listed' || incident.kind === 'unserved') serve(incident.kind === 'listed');
        onIncident(incident);
      },
    }),
  );
  return {
    store,
    reflector: joinedReflector(
      resource,
      sources.map(({ reflector }) => reflector),
    ),
    isServed: () => isServed,
    problem: () => told(sources.map((source) => source.problem()).filter((problem) => problem !== null)),
  };
}

/** Of one cause there may be as many as there are namespaces. */
function told([first, ...more]: readonly string[]): string | null {
  if (first === undefined) return null;
  return more.length === 0 ? first : `${first} (and as much of ${more.length} more of the namespaces)`;
}

/** One reflector, and why what it brings cannot be relied on. */
interface Source {
  readonly reflector: Reflector;
  problem(): string | null;
}

function startSource(options: ReflectorOptions): Source {
  const { resource, scope, clock, onIncident = () => {} } = options;
  const title = scope.namespace === undefined ? titleOf(resource) : `${titleOf(resource)} in ${scope.namespace}`;
  let isSynced = false;
  let failure: { readonly error: Error; readonly atMs: number } | null = null;
  const reflector = startReflector({
    ...options,
    onIncident: (incident) => {
      if (incident.kind === 'listed' || incident.kind === 'unserved') isSynced = true;
      if (incident.kind === 'failed') failure = { error: incident.error, atMs: clock.now() };
      onIncident(incident);
    },
  });

  const problem = (): string | null => {
    const silentMs = reflector.silentMs();
    const isRecent = failure !== null && clock.now() - failure.atMs <= silentMs;
    const cause = failure !== null && isRecent ? explained(failure.error) : null;
    if (!isSynced) return cause ?? `waiting for the list of ${title}`;
    if (cause !== null && isLasting(failure?.error)) return cause;
    if (!reflector.isDeaf()) return null;
    return `nothing heard of ${title} for ${Math.round(silentMs / 1000)} s${cause === null ? '' : `: ${cause}`}`;
  };

  return { reflector, problem };
}

/** What does not pass by itself is told before we are deaf by it. */
const isLasting = (error: Error | undefined): boolean =>
  error instanceof KubeError && ['forbidden', 'unauthorized', 'not-found'].includes(error.kind);

const explained = (error: Error): string =>
  error instanceof KubeError && error.kind === 'not-found'
    ? `${titleOf(error.call.resource)} is not served: is its CustomResourceDefinition installed?`
    : error.message;

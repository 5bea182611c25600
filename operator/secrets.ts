import type { IntercomWebhook } from './api/v1alpha1.ts';
import { SECRETS } from './children.ts';
import type { Clock } from './clock.ts';
import type { Kube } from './kube/kube.ts';
import { KubeError } from './kube/kube-error.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Part } from './render/meta.ts';

/** A key of a user's Secret that a resource names. */
export interface SecretKey {
  readonly name: string;
  readonly key: string;
  /** Where it is named. */
  readonly field: string;
  /** Who cannot start without it; null where nobody does. */
  readonly part: Part | null;
}

export function secretKeys({ spec }: IntercomWebhook): SecretKey[] {
  const signing = spec.signing.secretKeyRefs.map((ref, i) => ({
    ...ref,
    field: `spec.signing.secretKeyRefs[${i}]`,
    part: 'receiver' as const,
  }));
  const handlers = spec.handlers.flatMap(({ name, http }, i) =>
    http?.authSecretKeyRef === undefined
      ? []
      : [
          {
            ...http.authSecretKeyRef,
            field: `spec.handlers[${i}].http.authSecretKeyRef`,
            part: `handler ${name}` as const,
          },
        ],
  );
  const workspaces = spec.workspaces.flatMap(({ accessToken }, i) =>
    accessToken === undefined
      ? []
      : [{ ...accessToken.secretKeyRef, field: `spec.workspaces[${i}].accessToken.secretKeyRef`, part: null }],
  );
  return [...signing, ...handlers, ...workspaces];
}

/** What is known of a Secret. Its content is not kept. */
export type SecretState =
  | { readonly kind: 'found'; readonly keys: ReadonlySet<string> }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly message: string };

/** By name, in the namespace of the resource. */
export type SecretStates = ReadonlyMap<string, SecretState>;

/**
 * How long a reading holds; up to a fifth more. A Secret or a key that is not there is looked for sooner: somebody is about
 * to make it.
 */
const FOUND_HOLDS_MS = 240_000;
const OTHERS_HOLD_MS = 5_000;
/** Nobody comes again sooner: also where more are named than are kept, or a pass takes longer than a reading holds. */
const LEAST_MS = 1_000;
/** Of some 200 bytes each; beyond it the oldest is forgotten. */
const MAX_KNOWN = 20_000;
const CALL_TIMEOUT_MS = 5_000;

interface Known {
  readonly state: SecretState;
  readonly readMs: number;
  /** What its time is multiplied with, from 1 to 1.2. */
  readonly spread: number;
}

/** One of them, as {@link secretKeys} gives them. */
type Wanted = Pick<SecretKey, 'name' | 'key'>;

export interface SecretReader {
  /** Reads what it does not know, or not lately. */
  read(namespace: string, wanted: readonly Wanted[], signal: AbortSignal): Promise<SecretStates>;
  /** When one of these is to be read again, in ms from now; never at once. */
  dueInMs(namespace: string, wanted: readonly Wanted[]): number;
}

export interface SecretReaderOptions {
  readonly kube: Pick<Kube, 'get'>;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}

/** Reads Secrets by name, with the verb `get` alone: who may list them may read all of them. */
export function createSecretReader({ kube, clock, random }: SecretReaderOptions): SecretReader {
  const known = new Map<string, Known>();

  const untilMs = ({ state, readMs, spread }: Known, keys: readonly string[]): number => {
    const isComplete = state.kind === 'found' && keys.every((key) => state.keys.has(key));
    return readMs + spread * (isComplete ? FOUND_HOLDS_MS : OTHERS_HOLD_MS);
  };

  const stateOf = async (ref: Ref, keys: readonly string[], signal: AbortSignal): Promise<SecretState> => {
    const place = `${ref.namespace}/${ref.name}`;
    const before = known.get(place);
    if (before !== undefined && untilMs(before, keys) > clock.now()) return before.state;
    const state = await look(kube, ref, signal);
    known.delete(place);
    known.set(place, { state, readMs: clock.now(), spread: 1 + random() / 5 });
    if (known.size > MAX_KNOWN) known.delete(known.keys().next().value ?? '');
    return state;
  };

  return {
    read: async (namespace, wanted, signal) => {
      const reading = Array.from(keysByName(wanted), async ([name, keys]) => {
        return [name, await stateOf({ namespace, name }, keys, signal)] as const;
      });
      return new Map(await Promise.all(reading));
    },
    dueInMs: (namespace, wanted) => {
      const nowMs = clock.now();
      const due = Array.from(keysByName(wanted), ([name, keys]) => {
        const reading = known.get(`${namespace}/${name}`);
        return reading === undefined ? nowMs : untilMs(reading, keys);
      });
      return Math.max(LEAST_MS, Math.min(...due) - nowMs);
    },
  };
}

const keysByName = (wanted: readonly Wanted[]): Map<string, string[]> =>
  new Map(
    Array.from(
      Map.groupBy(wanted, ({ name }) => name),
      ([name, list]) => [name, list.map(({ key }) => key)],
    ),
  );

interface Ref {
  readonly namespace: string;
  readonly name: string;
}

async function look(kube: Pick<Kube, 'get'>, ref: Ref, signal: AbortSignal): Promise<SecretState> {
  try {
    const secret = await kube.get(SECRETS, ref, { signal, timeoutMs: CALL_TIMEOUT_MS });
    return secret === null ? { kind: 'missing' } : { kind: 'found', keys: filledKeys(secret) };
  } catch (error) {
    if (signal.aborted || !(error instanceof KubeError)) throw error;
    return { kind: 'unreadable', message: error.message };
  }
}

const filledKeys = ({ data }: KubeObject): ReadonlySet<string> =>
  new Set(
    Object.entries(typeof data === 'object' && data !== null ? data : {})
      .filter(([, value]) => typeof value === 'string' && value !== '')
      .map(([key]) => key),
  );

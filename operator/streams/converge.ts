import { JetStreamApiError } from '@nats-io/jetstream';
import { type Config, differences, hasSameOwner, isOfAnotherCluster, ownerText } from './differences.ts';

/** Something that was left as it is, and what a person can do about it. */
export interface Refusal {
  /** `stream icw_effects`, `consumer support` */
  readonly object: string;
  /** The field that differs; empty where it is about the whole object. */
  readonly field: string;
  readonly reason: string;
  readonly remedy: string;
  /** Whether it belongs to another cluster, whose processes work with it. */
  readonly isOfAnotherCluster?: true;
}

/** A stream or a consumer, as wanted and as it can be reached. */
export interface Target {
  readonly object: string;
  readonly wanted: Config;
  /** Fields that the server never changes once the object exists. */
  readonly fixed: ReadonlySet<string>;
  /** Null where there is none. */
  readonly find: () => Promise<Config | null>;
  /** Both answer the configuration that the server then has. */
  readonly create: (config: Config) => Promise<Config>;
  readonly update: (config: Config) => Promise<Config>;
}

/** `refused`: there is no such object that is ours. */
export type Step = 'created' | 'updated' | 'unchanged' | 'refused';

/**
 * Brings one object to what is wanted, and never to the cost of what it holds: what belongs to somebody else and what
 * cannot be changed in place is reported. The server ignores settings it does not know, so its answer is compared too.
 * @throws what the client throws when the server cannot be reached
 */
export async function converge(target: Target): Promise<{ step: Step; refused: Refusal[] }> {
  const { object, wanted, fixed } = target;
  const found = await target.find();
  if (found === null)
    return send(target, { request: target.create, config: wanted, done: 'created', denied: 'refused' });
  if (!hasSameOwner(wanted, found)) return { step: 'refused', refused: [foreign(object, { wanted, found })] };
  const differing = differences(wanted, found);
  const unchangeable = differing.filter((field) => fixed.has(field));
  const refused = unchangeable.map((field) => immutable(object, field, { wanted, found }));
  const changeable = differing.filter((field) => !fixed.has(field));
  if (changeable.length === 0) return { step: 'unchanged', refused };
  const reachable = { ...wanted, ...Object.fromEntries(unchangeable.map((field) => [field, found[field]])) };
  const sent = await send(target, { request: target.update, config: reachable, done: 'updated', denied: 'unchanged' });
  return { step: sent.step, refused: [...refused, ...sent.refused] };
}

interface Sending {
  readonly request: (config: Config) => Promise<Config>;
  readonly config: Config;
  readonly done: Step;
  readonly denied: Step;
}

async function send(
  { object }: Target,
  { request, config, ...step }: Sending,
): Promise<{ step: Step; refused: Refusal[] }> {
  try {
    const returned = await request(config);
    return { step: step.done, refused: differences(config, returned).map((field) => ignored(object, field, returned)) };
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error;
    return { step: step.denied, refused: [denied(object, error)] };
  }
}

interface Pair {
  readonly wanted: Config;
  readonly found: Config;
}

const foreign = (object: string, { wanted, found }: Pair): Refusal => ({
  ...(isOfAnotherCluster(wanted, found) ? { isOfAnotherCluster: true } : {}),
  object,
  field: 'metadata',
  reason: `it belongs to ${ownerText(found)}`,
  remedy: 'give the resource another name, or remove the object with the nats command if nobody needs what it holds',
});

const immutable = (object: string, field: string, { wanted, found }: Pair): Refusal => ({
  object,
  field,
  reason: `it is ${show(found[field])}, ${show(wanted[field])} is wanted, and the server cannot change it`,
  remedy: 'set it back, or remove the object with the nats command: what it holds and remembers goes with it',
});

const ignored = (object: string, field: string, returned: Config): Refusal => ({
  object,
  field,
  reason: `the server accepted the request and answered ${show(returned[field])}`,
  remedy: 'look for limits of the account and for servers of an older version in the cluster',
});

const denied = (object: string, error: JetStreamApiError): Refusal => ({
  object,
  field: '',
  reason: `the server refused it: ${error.message}`,
  remedy: 'look at the limits of the account and at the space and health of the JetStream servers',
});

const show = (value: unknown): string => JSON.stringify(value) ?? 'not set';

import type { ConditionFinding } from './api/condition-types.ts';
import type { IntercomWebhook } from './api/v1alpha1.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Part } from './render/meta.ts';
import { type SecretKey, type SecretStates, secretKeys } from './secrets.ts';
import { type StreamsState, streamsFinding } from './streams/keeper.ts';

/** What is decided upon. */
export interface Subject {
  readonly webhook: IntercomWebhook;
  readonly object: KubeObject;
  /** Other resources that want the same host and path. */
  readonly rivals: readonly KubeObject[];
  readonly secrets: SecretStates;
  readonly streams: StreamsState;
}

/** What cannot be, and why. The rest can. */
export interface Gated {
  readonly findings: readonly ConditionFinding[];
  readonly blocked: Blocked;
}

/** Why a part is left as it is: neither made nor changed nor removed, for what runs is better than nothing. */
export type Blocked = ReadonlyMap<Part, string>;

interface Verdict {
  readonly finding: ConditionFinding;
  /** What it stops, with the reason in a few words. */
  readonly blocks: readonly (readonly [Part, string])[];
}

/** In this order; where several block a part, the first says why. */
const CHECKS: readonly ((subject: Subject) => Verdict)[] = [endpointIsOurs, secretsAreThere, streamsAreOurs];

export function gate(subject: Subject): Gated {
  const verdicts = CHECKS.map((check) => check(subject));
  const blocks = verdicts.flatMap((verdict) => verdict.blocks).toReversed();
  return { findings: verdicts.map(({ finding }) => finding), blocked: new Map(blocks) };
}

const partsOf = ({ spec }: IntercomWebhook): Part[] => [
  'receiver',
  ...spec.handlers.map(({ name }) => `handler ${name}` as const),
];

/** Two resources with one URL would take each other's notifications: the older one has it. */
function endpointIsOurs({ webhook, object, rivals }: Subject): Verdict {
  const older = rivals.filter((rival) => isOlder(rival, object)).toSorted((a, b) => (isOlder(a, b) ? -1 : 1))[0];
  if (older === undefined) {
    const message = 'the resource is valid';
    return { finding: { type: 'Accepted', status: 'True', reason: 'Parsed', message }, blocks: [] };
  }
  const { namespace, name } = older.metadata;
  const { host, path } = webhook.spec.endpoint;
  const message =
    `spec.endpoint: ${namespace}/${name}, which is older, has host ${host} and path ${path} already: ` +
    'give this resource another host or another path';
  const blocks = partsOf(webhook).map((part) => [part, `${namespace}/${name} has its host and path`] as const);
  return { finding: { type: 'Accepted', status: 'False', reason: 'EndpointConflict', message }, blocks };
}

const isOlder = (a: KubeObject, b: KubeObject): boolean => ageKey(a) < ageKey(b);

/** Of two of one second the uid decides: an order that all agree on will do. */
const ageKey = ({ metadata }: KubeObject): string => `${String(metadata['creationTimestamp'])} ${metadata.uid}`;

/** Two clusters may share one NATS: where the other has the stream, our processes would publish and read there too. */
function streamsAreOurs({ webhook, streams }: Subject): Verdict {
  const foreign = streams.kind === 'refused' && streams.refusals.find(({ isOfAnotherCluster }) => isOfAnotherCluster);
  const finding = streamsFinding(streams);
  if (!foreign) return { finding, blocks: [] };
  return { finding, blocks: partsOf(webhook).map((part) => [part, `${foreign.object}: ${foreign.reason}`] as const) };
}

/** A pod whose Secret is not there does not start; those that run go on with what they have. */
function secretsAreThere({ webhook, secrets }: Subject): Verdict {
  const lacking = secretKeys(webhook).flatMap((key) => {
    const why = whatIsWrong(key, secrets);
    return why === null ? [] : [{ ...key, why }];
  });
  if (lacking.length === 0) {
    const message = 'every Secret is there';
    return { finding: { type: 'SecretsResolved', status: 'True', reason: 'Resolved', message }, blocks: [] };
  }
  const { namespace } = webhook.metadata;
  const message = lacking.map(({ field, name, why }) => `${field}: Secret ${namespace}/${name} ${why}`).join('; ');
  const isUnreadable = lacking.some(({ name }) => secrets.get(name)?.kind === 'unreadable');
  const reason = isUnreadable ? 'NotReadable' : 'Missing';
  const blocks = lacking.flatMap(({ part, name, why }) =>
    part === null ? [] : [[part, `Secret ${namespace}/${name} ${why}`] as const],
  );
  return { finding: { type: 'SecretsResolved', status: 'False', reason, message }, blocks };
}

/** Null where nothing is. */
function whatIsWrong({ name, key }: SecretKey, secrets: SecretStates): string | null {
  const state = secrets.get(name);
  switch (state?.kind) {
    case undefined:
    case 'missing':
      return `does not exist: create it with the key ${key}`;
    case 'unreadable':
      return `could not be read: ${state.message}`;
    case 'found':
      return state.keys.has(key) ? null : `has no key ${key}, or an empty one: add it`;
  }
}

import { CONDITION_TYPES, type ConditionFinding, type ConditionName } from './api/condition-types.ts';
import type { Problem } from './api/rules.ts';
import type { Condition, Status } from './api/status.ts';
import type { Unapplied } from './apply.ts';
import { type Finding, setCondition } from './conditions.ts';
import type { Done } from './credentials/tenants.ts';
import { developerHubSteps, endpointUrl } from './developer-hub.ts';
import { conditionsOf, PAUSED_ANNOTATION } from './intercom-webhooks.ts';
import type { KubeObject } from './kube/resource.ts';
import { observedFindings } from './observations/findings.ts';
import type { Observations } from './observations/ledger.ts';
import { observedStatus } from './observations/observed-status.ts';
import { type RouteParts, routeFinding } from './route.ts';
import type { HandlerLoad, Load } from './streams/survey.ts';
import { goneHandlers } from './tenancy.ts';
import { handlersFinding, readyPods, receiverFinding } from './workloads.ts';

/** What a whole pass found. */
export interface Results extends RouteParts {
  readonly object: KubeObject;
  readonly findings: readonly ConditionFinding[];
  readonly unapplied: readonly Unapplied[];
  /** Whether those who are not to log in any more cannot. */
  readonly users: Done;
  /** What waits in NATS; null where it is not known yet. */
  readonly load: Load | null;
  /** What the receivers saw; null where none was read yet. */
  readonly observations: Observations | null;
}

/** The status of a resource after a whole pass. Equal results give an equal status. */
export function computeStatus(results: Results, now: Date): Status {
  const { object, webhook, load, observations } = results;
  const before = statusOf(object);
  const nowSecond = Math.floor(now.getTime() / 1000);
  const observed = observedStatus({
    declaredTopics: webhook.spec.topics,
    secretKeyRefs: webhook.spec.signing.secretKeyRefs,
    observations,
    before,
    isSameSpec: before.observedGeneration === object.metadata.generation,
    nowSecond,
  });
  const seen = { observations, status: observed, url: endpointUrl(webhook), before: conditionsOf(object), nowSecond };
  const { host, path } = webhook.spec.endpoint;
  const { endpoint: reached, ...rest } = observed;
  const endpoint = { ...(host === undefined ? {} : { url: `https://${host}${path}` }), ...reached };
  return {
    ...generationOf(object),
    conditions: conditionsAfter(object, [...findingsOf(results), ...observedFindings(seen)], now),
    ...rest,
    // Applied over one that had a field, an empty object comes out as null, which the CRD refuses.
    ...(Object.keys(endpoint).length === 0 ? {} : { endpoint }),
    developerHub: developerHubSteps(webhook, observed),
    handlers: handlersStatus(results),
    ...(load === null ? {} : { totals: totalsOf(load) }),
  };
}

function findingsOf(results: Results): Finding[] {
  const findings = [...results.findings, receiverFinding(results), handlersFinding(results), routeFinding(results)];
  const accepted = unappliedFinding(results.unapplied);
  return accepted === null ? findings : [...findings.filter(({ type }) => type !== 'Accepted'), accepted];
}

/** As the CRD bounds it. */
const MAX_HANDLERS = 16;

function handlersStatus(results: Results): NonNullable<Status['handlers']> {
  const { object, webhook, users, load } = results;
  const handlers = webhook.spec.handlers.map(({ name }) => ({
    name,
    replicas: readyPods(results, name),
    ...load?.get(name),
  }));
  // Those whose users are still to be shut out are not forgotten.
  const gone = users.kind === 'done' ? [] : goneHandlers(object, webhook).map((name) => ({ name, replicas: 0 }));
  return [...handlers, ...gone].slice(0, MAX_HANDLERS);
}

/** Of a resource that cannot be read: nothing is known of the rest. */
export function invalidStatus(object: KubeObject, problems: readonly Problem[], now: Date): Status {
  const named = problems.slice(0, MAX_PROBLEMS).map(({ path, message }) => `${path}: ${message}`);
  const more = problems.length - named.length;
  const message = `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  const finding: ConditionFinding = { type: 'Accepted', status: 'False', reason: 'Invalid', message };
  return { ...statusOf(object), ...generationOf(object), conditions: conditionsAfter(object, [finding], now) };
}

/** More would not be read. */
const MAX_PROBLEMS = 10;

/** Of a resource that is not looked after for now: all stays as it was, and is as old as it says. */
export function pausedStatus(object: KubeObject, now: Date): Status {
  const message = `the annotation ${PAUSED_ANNOTATION} is set: nothing is changed until it is removed`;
  const finding: Finding = { type: 'NotPaused', status: 'False', reason: 'Paused', message, ...generationOf(object) };
  return { ...statusOf(object), conditions: [...setCondition(conditionsOf(object), finding, now)] };
}

export const NOT_PAUSED: ConditionFinding = {
  type: 'NotPaused',
  status: 'True',
  reason: 'Reconciling',
  message: 'the operator looks after the resource',
};

const statusOf = ({ status }: KubeObject): Status => status ?? {};

const generationOf = ({ metadata: { generation } }: KubeObject): { observedGeneration?: number } =>
  generation === undefined ? {} : { observedGeneration: generation };

/** Those found, and what follows from them; of types that are not found any more nothing stays. */
function conditionsAfter(object: KubeObject, findings: readonly Finding[], now: Date): Condition[] {
  const all: readonly Finding[] = [...findings, readyFinding(findings)].map((finding) => ({
    ...finding,
    ...generationOf(object),
  }));
  const types = new Set(all.map(({ type }) => type));
  const before: readonly Condition[] = conditionsOf(object).filter(({ type }) => types.has(type));
  return [...all.reduce((conditions, finding) => setCondition(conditions, finding, now), before)];
}

const NEEDED = (Object.keys(CONDITION_TYPES) as ConditionName[]).filter((type) => CONDITION_TYPES[type].isForReady);

function readyFinding(findings: readonly Finding[]): ConditionFinding {
  const statusBy = new Map<string, Finding>(findings.map((finding) => [finding.type, finding]));
  const lacking = NEEDED.filter((type) => statusBy.get(type)?.status !== 'True');
  if (lacking.length === 0) {
    return { type: 'Ready', status: 'True', reason: 'AllWell', message: 'everything that delivery needs is there' };
  }
  const first = lacking.map((type) => statusBy.get(type)?.message).find((message) => message !== undefined) ?? '';
  return { type: 'Ready', status: 'False', reason: 'NotReady', message: `${lacking.join(', ')}: ${first}` };
}

function unappliedFinding(unapplied: readonly Unapplied[]): ConditionFinding | null {
  if (unapplied.length === 0) return null;
  const isTaken = unapplied.some(({ kind }) => kind === 'taken');
  const relevant = unapplied.filter(({ kind }) => !isTaken || kind === 'taken');
  const message = relevant.map(({ error }) => error.message).join('; ');
  return { type: 'Accepted', status: 'False', reason: isTaken ? 'NameConflict' : 'Refused', message };
}

function totalsOf(load: Load): { lag: number; deadLetters: number } {
  const all = [...load.values()];
  const sum = (field: keyof HandlerLoad) => all.reduce((total, each) => total + each[field], 0);
  return { lag: sum('lag'), deadLetters: sum('deadLetters') };
}

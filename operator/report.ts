import { isDeepStrictEqual } from 'node:util';
import type { Condition, Status } from './api/status.ts';
import { API_VERSION } from './api/v1alpha1.ts';
import type { EventRecorder } from './events/recorder.ts';
import type { Facts } from './facts.ts';
import { conditionsOf, INTERCOM_WEBHOOKS } from './intercom-webhooks.ts';
import { KubeError } from './kube/kube-error.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Writes } from './leader/fence.ts';

export interface ReportDeps {
  readonly kube: Pick<Writes, 'applyStatus'>;
  readonly events: EventRecorder;
  readonly facts: Pick<Facts, 'operator'>;
}

/** Writes the status, with who looks after it, and tells of what has changed in it; nothing where nothing has. */
export async function report(
  object: KubeObject,
  found: Status,
  { kube, events, facts: { operator } }: ReportDeps,
  signal: AbortSignal,
): Promise<void> {
  const status: Status = { ...found, operator };
  if (isDeepStrictEqual(object['status'], status)) return;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  // With its uid it is not mistaken for one that has its name now; with its version, handing it over meanwhile is not undone.
  const metadata = { name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) };
  const write = (body: object) =>
    kube.applyStatus(INTERCOM_WEBHOOKS, { apiVersion: API_VERSION, metadata, status: body }, { signal, force: true });
  try {
    await write(status).catch(async (error: unknown) => {
      const rest = withoutUndeclared(status, error);
      if (!isDeepStrictEqual(object['status'], rest)) await write(rest);
    });
  } catch (error) {
    // It has gone or changed meanwhile, of which the watch tells.
    if (error instanceof KubeError && (error.kind === 'not-found' || error.kind === 'conflict')) return;
    throw error;
  }
  const before = conditionsOf(object);
  for (const condition of status.conditions ?? []) {
    if (isNews(before, condition)) events.record(object, happening(condition));
  }
}

const UNDECLARED = /\.status\.(\w+).*: field not declared in schema/g;

/**
 * A CRD of an older release refuses a status for the fields that it does not have: one without them is better than none.
 * @throws the error where it is about something else
 */
function withoutUndeclared(status: Status, error: unknown): object {
  const said = error instanceof KubeError ? Array.from(error.message.matchAll(UNDECLARED), ([, field]) => field) : [];
  if (said.length === 0) throw error;
  return Object.fromEntries(Object.entries(status).filter(([field]) => !said.includes(field)));
}

/** On the first look nothing runs yet, and nothing has come: what a person has to mend is news, and that it is ready. */
const NEWS_AT_FIRST: ReadonlySet<string> = new Set(['Accepted', 'SecretsResolved', 'StreamsReady']);

function isNews(conditions: readonly Condition[], { type, status, reason }: Condition): boolean {
  const before = conditions.find((condition) => condition.type === type);
  if (before === undefined) return status === 'True' ? type === 'Ready' : status === 'False' && NEWS_AT_FIRST.has(type);
  return before.status !== status || (status !== 'True' && before.reason !== reason);
}

const happening = ({ type, status, reason, message }: Condition) => ({
  type: status === 'False' ? ('Warning' as const) : ('Normal' as const),
  reason,
  action: 'Reconcile',
  note: `${type}: ${message}`,
});

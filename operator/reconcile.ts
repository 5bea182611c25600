import type { Status } from './api/status.ts';
import type { IntercomWebhook } from './api/v1alpha1.ts';
import { type ApplyDeps, apply } from './apply.ts';
import type { Facts } from './facts.ts';
import { type FinalizeDeps, finalize, keepFinalizer } from './finalize.ts';
import { gate } from './gate.ts';
import { keyOf, type ObjectKey, type Store } from './kube/store.ts';
import type { ObservationReader } from './observations/reader.ts';
import { type ObserveDeps, type Observed, observe } from './observe.ts';
import type { Outcome } from './outcome.ts';
import { leave, ownershipOf } from './ownership.ts';
import { renderAll } from './render-all.ts';
import { type ReportDeps, report } from './report.ts';
import { dueInMs, settle } from './settle.ts';
import { computeStatus, invalidStatus, NOT_PAUSED, pausedStatus } from './status.ts';
import { bringStreams } from './streams/bring.ts';
import type { StreamsKeeper } from './streams/keeper.ts';
import type { Survey } from './streams/survey.ts';
import { isolationFinding, keepUsers, type TenancyDeps } from './tenancy.ts';

export interface ReconcileDeps extends ObserveDeps, ApplyDeps, ReportDeps, FinalizeDeps {
  readonly kube: ApplyDeps['kube'] & ReportDeps['kube'];
  readonly brokers: FinalizeDeps['brokers'] & TenancyDeps['brokers'];
  readonly webhooks: ObserveDeps['webhooks'] & Pick<Store<'endpoint'>, 'get'>;
  readonly streams: StreamsKeeper;
  readonly survey: Pick<Survey, 'of' | 'begin'>;
  readonly observations: Pick<ObservationReader, 'of'>;
  readonly facts: Facts;
}

/** One pass: observe → streams → gate → render → apply → status. */
export async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const object = deps.webhooks.get(key);
  if (object === null) return { kind: 'done' };
  const ownership = await ownershipOf(object, deps.facts.operator, { ...deps, signal });
  if (ownership.kind === 'theirs') return leave(object, ownership.happening, deps.events);
  const observed = await observe(object, deps, signal);
  const { parsed, isPaused } = observed;
  const say = (status: Status): Promise<void> => report(object, status, deps, signal);
  if (object.metadata.deletionTimestamp !== undefined) {
    return finalize(object, parsed.kind === 'ok' ? parsed.webhook : null, { ...deps, signal });
  }
  if (isPaused) {
    await say(pausedStatus(object, deps.date()));
    return { kind: 'blocked', reason: 'Paused', message: 'its annotation says so' };
  }
  if (parsed.kind === 'invalid') {
    const status = invalidStatus(object, parsed.problems, deps.date());
    await say(status);
    return { kind: 'blocked', reason: 'Invalid', message: `${parsed.problems[0]?.path} and perhaps more` };
  }
  return bringAbout({ ...observed, webhook: parsed.webhook }, deps, signal);
}

/** What cannot be does not hold up the rest: each step says by what it returns how far it came. */
async function bringAbout(
  observed: Observed & { readonly webhook: IntercomWebhook },
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const { object, webhook, hasGatewayApi } = observed;
  const { facts } = deps;
  const at = { uid: object.metadata.uid, nowMs: deps.date().getTime(), hasGatewayApi };
  const held = await keepFinalizer(object, webhook, { ...deps, signal });
  const streams = await bringStreams(webhook, at.uid, deps);
  const { findings, blocked } = gate({ ...observed, streams });
  const users = await keepUsers(object, webhook, deps, signal);
  const unapplied = await apply(object, { rendered: renderAll(webhook, { facts, ...at }), blocked }, deps, signal);
  const children = deps.children.of(object);
  if (streams.kind === 'ready') await deps.survey.begin(webhook);
  const load = deps.survey.of(keyOf(object.metadata));
  const observations = deps.observations.of(keyOf(object.metadata));
  const all = [...findings, isolationFinding(facts.access), NOT_PAUSED];
  const results = { ...observed, findings: all, blocked, children, unapplied, users, load, observations };
  await report(held, computeStatus(results, deps.date()), deps, signal);
  return settle({ streams, users, unapplied, dueInMs: dueInMs(webhook, { ...deps, ...at }) });
}

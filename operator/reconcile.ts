import type { Status } from './api/status.ts';
import type { IntercomWebhook } from './api/v1alpha1.ts';
import { type ApplyDeps, apply } from './apply.ts';
import { type FinalizeDeps, finalize, keepFinalizer } from './finalize.ts';
import { gate } from './gate.ts';
import { keyOf, type ObjectKey } from './kube/store.ts';
import { type ObserveDeps, type Observed, observe } from './observe.ts';
import type { Outcome } from './outcome.ts';
import type { RenderFacts } from './render/facts.ts';
import { render } from './render/render.ts';
import { type ReportDeps, report } from './report.ts';
import { secretsDueInMs, settle } from './settle.ts';
import { computeStatus, invalidStatus, NOT_PAUSED, pausedStatus } from './status.ts';
import { desiredStreams, type StreamFacts } from './streams/desired.ts';
import { type StreamsKeeper, streamsFinding } from './streams/keeper.ts';
import type { Survey } from './streams/survey.ts';
import { isolationFinding } from './tenant-isolation.ts';

/** The same for every resource. */
export interface Facts {
  readonly rendering: Omit<RenderFacts, 'uid'>;
  readonly streams: Omit<StreamFacts, 'uid'>;
}

export interface ReconcileDeps extends ObserveDeps, ApplyDeps, ReportDeps, FinalizeDeps {
  readonly kube: ApplyDeps['kube'] & ReportDeps['kube'];
  readonly streams: StreamsKeeper;
  readonly survey: Pick<Survey, 'of'>;
  /** @throws where the API server cannot be asked for them */
  readonly facts: (signal: AbortSignal) => Promise<Facts>;
}

/** One pass: observe → gate → streams → render → apply → status. */
export async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const observed = await observe(key, deps, signal);
  if (observed === null) return { kind: 'done' };
  const { object, parsed, isPaused } = observed;
  const say = (status: Status): Promise<void> => report(object, status, deps, signal);
  if (object.metadata.deletionTimestamp !== undefined) {
    return finalize(object, parsed.kind === 'ok' ? parsed.webhook : null, (await deps.facts(signal)).streams, {
      ...deps,
      signal,
    });
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

async function bringAbout(
  observed: Observed & { readonly webhook: IntercomWebhook },
  deps: ReconcileDeps,
  signal: AbortSignal,
): Promise<Outcome> {
  const { object, webhook } = observed;
  const { uid } = object.metadata;
  const { findings, blocked } = gate(observed);
  const facts = await deps.facts(signal);
  await keepFinalizer(object, webhook, { ...deps, signal });
  const streams = await deps.streams.bring(
    { namespace: webhook.metadata.namespace, uid },
    desiredStreams(webhook, { ...facts.streams, uid }),
  );
  const rendered = render(webhook, { ...facts.rendering, uid });
  const unapplied = await apply(object, { rendered, blocked }, deps, signal);
  const all = [...findings, streamsFinding(streams), isolationFinding(facts.rendering), NOT_PAUSED];
  const load = deps.survey.of(keyOf(object.metadata));
  const results = { object, webhook, findings: all, blocked, unapplied, load, children: deps.children.of(object) };
  await report(object, computeStatus(results, deps.date()), deps, signal);
  return settle({ streams, unapplied, dueInMs: secretsDueInMs(webhook, deps.secrets) });
}

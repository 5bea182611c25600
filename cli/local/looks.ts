import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { systemClock as clock } from '#operator/clock.ts';
import { keyOf } from '#operator/kube/store.ts';
import type { Observations } from '#operator/observations/ledger.ts';
import { createObservationReader } from '#operator/observations/reader.ts';
import { ingressComponent } from '#operator/render/meta.ts';
import type { Brokers } from '#operator/streams/keeper.ts';
import { createSurvey, type Load } from '#operator/streams/survey.ts';
import type { Pod } from './pod.ts';
import { hasLabels } from './service.ts';

/** One look each at what the operator looks at again and again. */

const TIMEOUT_MS = 5_000;

interface Looking {
  run(signal: AbortSignal): Promise<void>;
}

const untilSeen = (looking: Looking, seen: AbortSignal, signal: AbortSignal): Promise<void> =>
  looking.run(AbortSignal.any([seen, signal, AbortSignal.timeout(TIMEOUT_MS)]));

/** What waits for whom; null where that could not be had within 5 s. */
export async function loadOf(webhook: IntercomWebhook, brokers: Brokers, signal: AbortSignal): Promise<Load | null> {
  const seen = new AbortController();
  const end = () => seen.abort();
  const survey = createSurvey({
    keys: () => [keyOf(webhook.metadata)],
    find: () => webhook,
    brokers,
    clock,
    onChange: end,
    onRoom: () => undefined,
    onFailure: end,
  });
  await untilSeen(survey, seen.signal, signal);
  return survey.of(keyOf(webhook.metadata));
}

/** What the receivers saw; null where that could not be had within 5 s. */
export async function observationsOf(
  webhook: IntercomWebhook,
  pods: readonly Pick<Pod, 'plan'>[],
  signal: AbortSignal,
): Promise<Observations | null> {
  const key = keyOf(webhook.metadata);
  const signing = webhook.spec.signing.secretKeyRefs;
  const targets = pods
    .filter(({ plan }) => hasLabels(plan.labels, ingressComponent(webhook).selector))
    .flatMap(({ plan: { name, containers } }) =>
      containers.map(({ ports }) => ({ webhook: key, pod: name, url: `http://127.0.0.1:${ports['inner']}`, signing })),
    );
  const seen = new AbortController();
  const reader = createObservationReader({
    targets: () => targets,
    clock,
    date: () => new Date(),
    onChange: () => seen.abort(),
    onRead: () => undefined,
  });
  if (targets.length > 0) await untilSeen(reader, seen.signal, signal);
  return reader.of(key);
}

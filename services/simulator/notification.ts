import type { ApiVersion } from './bodies/api-version.ts';
import { notificationBytes } from './bodies/envelope.ts';
import { castOf, numericId } from './bodies/scene.ts';
import { subjectKey } from './catalogue/entry.ts';
import { catalogue } from './catalogue.ts';
import type { Planned } from './plan.ts';
import { seededRandom, streams } from './random.ts';
import { dueAtMs, type Pace } from './schedule.ts';

/** What the bodies of a run have in common. */
export interface RunFacts extends Pace {
  readonly seed: number;
  readonly appId: string;
  /** What the app is set to in the Developer Hub. */
  readonly apiVersion: ApiVersion;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
}

/** What identifies a planned notification to whoever compares what was sent with what arrived. */
export interface Identity {
  readonly id: string;
  readonly topic: string;
  /** `<type>/<id>`. */
  readonly subjectKey: string;
  /** Counts along the subject from 1; `null` where the notification is not part of any order (forged). */
  readonly sequence: number | null;
}

/** @returns the same identity for the original, its duplicates and replays */
export function identify(planned: Planned, { seed }: RunFacts): Identity {
  switch (planned.kind) {
    case 'good':
      return { ...identifyKnown(planned, seed), sequence: planned.sequence };
    case 'duplicate':
    case 'replay':
      return { ...identifyKnown(planned.original, seed), sequence: planned.original.sequence };
    case 'forged':
      return { ...identifyKnown(planned, seed), sequence: null };
    case 'unknown':
      return {
        id: notificationId(seed, planned.index),
        topic: planned.topic,
        subjectKey: `novelty/${numericId('unknown', seed, planned.index)}`,
        sequence: 1,
      };
  }
}

/**
 * The bytes of one attempt; a pure function, so that nothing needs to be kept for the second attempt or a duplicate.
 * @param deliveryAttempts 1, or 2 for the retry
 */
export function renderNotification(planned: Planned, facts: RunFacts, deliveryAttempts: 1 | 2): Buffer {
  const source = 'original' in planned ? planned.original : planned;
  const { seed, appId, apiVersion } = facts;
  const createdAtS = Math.floor((facts.startedAtMs + dueAtMs(source.index, facts)) / 1000);
  const id = notificationId(seed, source.index);
  const envelope = { appId, id, topic: source.topic, createdAtS, deliveryAttempts };
  if (source.kind === 'unknown') {
    const item = { type: 'novelty', id: numericId('unknown', seed, source.index), created_at: createdAtS };
    return notificationBytes({ ...envelope, item });
  }
  const item = catalogue[source.topic].build({
    random: bodyRandom(seed, source.index),
    cast: castOf(seed, source.slot),
    appId,
    apiVersion,
    openedAtS: Math.floor(facts.startedAtMs / 1000),
    atS: createdAtS,
    sequence: source.kind === 'good' ? source.sequence : 1,
    partId: numericId('part', seed, source.index),
  });
  return notificationBytes({ ...envelope, item });
}

function identifyKnown(
  planned: Extract<Planned, { kind: 'good' | 'forged' }>,
  seed: number,
): Omit<Identity, 'sequence'> {
  const { index, topic, slot } = planned;
  const id = notificationId(seed, index);
  return { id, topic, subjectKey: subjectKey(catalogue[topic].subject, castOf(seed, slot), id) };
}

function notificationId(seed: number, index: number): string {
  return `notif_${seededRandom(seed, streams.notification, index).uuid()}`;
}

function bodyRandom(seed: number, index: number) {
  return seededRandom(seed, streams.body, index);
}

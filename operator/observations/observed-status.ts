import type { Status } from '../api/status.ts';
import { latest } from './budget.ts';
import { isRecent, minuteText } from './coarse.ts';
import type { Observations } from './ledger.ts';
import { withMayGo } from './may-go.ts';
import { renamedTopics } from './renamed-topics.ts';
import { type SecretKeyRef, secretId } from './seen.ts';

/** The parts of a status that follow from what the receivers saw. */
export type ObservedStatus = Pick<Status, 'budget' | 'signing' | 'topics'> & {
  endpoint: Pick<NonNullable<Status['endpoint']>, 'lastPingAt' | 'lastNotificationAt'>;
};

export interface ObservedInput {
  readonly declaredTopics: readonly string[];
  readonly secretKeyRefs: readonly SecretKeyRef[];
  /** Null until a receiver was read. */
  readonly observations: Observations | null;
  /** The status as it stands: it remembers what no process does any more. */
  readonly before: Status;
  /** Whether `before` was computed from the spec as it is now. */
  readonly isSameSpec: boolean;
  readonly nowSecond: number;
}

/** Times are to the minute, rounded down. While nothing could be read all stays as it was, save what the spec says itself. */
export function observedStatus(input: ObservedInput): ObservedStatus {
  const { observations, before } = input;
  const budget = observations?.budget ?? before.budget;
  return {
    endpoint: {
      ...timed('lastPingAt', latest([secondOf(before.endpoint?.lastPingAt), observations?.lastPingAt ?? null])),
      ...timed(
        'lastNotificationAt',
        latest([secondOf(before.endpoint?.lastNotificationAt), observations?.lastNotificationAt ?? null]),
      ),
    },
    ...(budget === undefined ? {} : { budget }),
    signing: withMayGo(
      input.secretKeyRefs.map((ref) => lastSigned(ref, input)),
      { before: before.signing ?? [], isWhole: observations?.unread.length === 0 },
    ),
    topics: topicsStatus(input),
  };
}

function lastSigned({ name, key }: SecretKeyRef, { observations, before }: ObservedInput) {
  const was = before.signing?.find((entry) => entry.name === name && entry.key === key)?.lastSignedAt;
  const seen = observations?.signedAt.get(secretId({ name, key })) ?? null;
  return { name, key, ...timed('lastSignedAt', latest([secondOf(was), seen])) };
}

/** As the CRD bounds them. */
const MAX_TOPICS = 200;

function topicsStatus({ declaredTopics, observations, before, isSameSpec, nowSecond }: ObservedInput) {
  const renamed = renamedTopics(declaredTopics).slice(0, MAX_TOPICS);
  if (observations === null) return { ...before.topics, renamed };
  const declared = new Set(declaredTopics);
  const undeclared = Array.from(observations.topics)
    .filter(([topic, second]) => !declared.has(topic) && isRecent(second, nowSecond))
    .map(([topic]) => topic);
  // With this very spec they were missing before, or had come before any process of now began.
  const missingBefore = isSameSpec && before.topics?.declaredNeverSeen;
  const mayBeMissing = missingBefore ? declaredTopics.filter((topic) => missingBefore.includes(topic)) : declaredTopics;
  const neverSeen = mayBeMissing.filter((topic) => !observations.topics.has(topic));
  return {
    undeclaredSeen: undeclared.toSorted().slice(0, MAX_TOPICS),
    declaredNeverSeen: neverSeen.toSorted().slice(0, MAX_TOPICS),
    renamed,
  };
}

/** Of a time in a status; null where there is none. */
export const secondOf = (time: string | undefined): number | null => {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? null : Math.floor(ms / 1000);
};

const timed = <Name extends string>(name: Name, second: number | null): { [Key in Name]?: string } =>
  second === null ? {} : ({ [name]: minuteText(second) } as { [Key in Name]: string });

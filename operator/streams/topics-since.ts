import * as z from 'zod';
import { METADATA, TopicsSince } from '#shared/contract.ts';

type Metadata = Readonly<Record<string, string>>;
type Since = Readonly<Record<string, number>>;

const sinceOf = (metadata: Metadata): Since => {
  const read = TopicsSince.safeDecode(metadata[METADATA.topicsSince] ?? '{}');
  return read.success ? read.data : {};
};

const encoded = (since: Since): Record<string, string> => ({
  [METADATA.topicsSince]: z.encode(TopicsSince, { ...since }),
});

/** Of a consumer that is made: whatever there is of each topic. */
export const fromTheStart = (topics: readonly string[]): Record<string, string> =>
  encoded(Object.fromEntries(topics.map((topic) => [topic, 0])));

/** Whether all topics that are wanted are known; since when is another matter. */
export function knowsTopics(metadata: Metadata, wanted: Metadata): boolean {
  const known = sinceOf(metadata);
  return Object.keys(sinceOf(wanted)).every((topic) => Object.hasOwn(known, topic));
}

/**
 * Those that were known keep their time, also where they are not wanted any more: what is unfinished of a topic that was
 * gone by mistake is still wanted when it is back. The others begin at `nowMs`. Pure.
 */
export function withNewTopics(wanted: Metadata, before: Metadata, nowMs: number): Record<string, string> {
  const since = Object.keys(sinceOf(wanted)).map((topic) => [topic, nowMs]);
  return encoded({ ...Object.fromEntries(since), ...sinceOf(before) });
}

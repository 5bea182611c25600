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

/** Whether both know the same topics; from where on is another matter. */
export function haveSameTopics(a: Metadata, b: Metadata): boolean {
  const topics = (metadata: Metadata) => Object.keys(sinceOf(metadata)).toSorted().join('\n');
  return topics(a) === topics(b);
}

/** The topics that are wanted, those that were there before from where they were, the others from `nextSeq` on. Pure. */
export function withNewTopics(wanted: Metadata, before: Metadata, nextSeq: number): Record<string, string> {
  const known = sinceOf(before);
  const since = Object.keys(sinceOf(wanted)).map((topic) => [topic, known[topic] ?? nextSeq]);
  return encoded(Object.fromEntries(since));
}

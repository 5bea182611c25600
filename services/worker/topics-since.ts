import { HEADERS, METADATA, TopicsSince } from '#shared/contract.ts';
import { decodeHeader } from '#shared/header.ts';
import type { Message } from './message.ts';

/**
 * Whether a message came before its topic was declared. Consumers bring such messages where a topic is added: those above
 * the last that they delivered, or, after a reset, above the ack floor. Either may be a week back.
 */
export class TopicGate {
  /** Topics that were asked about: that nobody declares them is the answer then. */
  readonly #asked = new Set<string>();
  #since: ReadonlyMap<string, number> = new Map();

  /** @param metadata of the consumer, as it is now */
  read(metadata: Readonly<Record<string, string>> = {}): void {
    const read = TopicsSince.safeDecode(metadata[METADATA.topicsSince] ?? '{}');
    this.#since = new Map(Object.entries(read.success ? read.data : {}));
  }

  /** `unknown`: declared after the metadata was read, so it has to be read again; at most once for each topic. */
  judge({ headers, storedAtMs }: Pick<Message, 'headers' | 'storedAtMs'>): 'wanted' | 'too-early' | 'unknown' {
    // Somebody asked for it, whatever is declared now.
    if (headers?.has(HEADERS.redrive)) return 'wanted';
    const topic = decodeHeader(headers?.get(HEADERS.topic) ?? '');
    const since = this.#since.get(topic);
    if (since !== undefined) return storedAtMs >= since ? 'wanted' : 'too-early';
    // It may be of a topic that was declared once.
    if (topic === '' || this.#asked.has(topic) || this.#asked.size >= MAX_ASKED) return 'wanted';
    this.#asked.add(topic);
    return 'unknown';
  }
}

/** More topics than Intercom has; each costs a pause of a second. */
const MAX_ASKED = 500;
export const TOPICS_CHANGED = 'topics were declared or are no more';

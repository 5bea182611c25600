import { catalogue, type Topic } from './catalogue.ts';
import type { Random } from './random.ts';

/** A notification that Intercom means to send. `slot` names its cast, `sequence` counts along its subject from 1. */
export interface Good {
  readonly kind: 'good';
  readonly index: number;
  readonly topic: Topic;
  readonly slot: number;
  readonly sequence: number;
}

export interface Goods {
  /** The next one of the next conversation in turn, of a topic that fits. */
  readonly next: (index: number) => Good;
  /** One about somebody the run has not had yet. */
  readonly aboutSomebodyNew: (index: number, topic: Topic) => Good;
}

interface GoodsRequest {
  readonly conversations: number;
  readonly topics: readonly [Topic, ...Topic[]];
  readonly eachTopicOnce?: boolean;
}

/**
 * Makes the good notifications of a run. Slots take turns, so one conversation's notifications are `conversations / rate`
 * apart. A subject's opening topic comes first and once, unless the request names no topic that could follow it. Where each topic
 * is to come once, those that follow an opening wait for no turn until all have come.
 */
export function createGoods({ conversations, topics, eachTopicOnce = false }: GoodsRequest, random: Random): Goods {
  const sequences = new Map<string, number>();
  const bySubject = Map.groupBy(topics, (topic) => `${catalogue[topic].standing} ${catalogue[topic].subject}`);
  const unsent = new Set(eachTopicOnce ? topics : []);
  /** Subject → the slot where it was opened first. */
  const opened = new Map<string, number>();
  let made = 0;
  let extraSlots = 0;

  function aboutSomebodyNew(index: number, topic: Topic): Good {
    extraSlots += 1;
    return { kind: 'good', index, topic, slot: conversations + extraSlots - 1, sequence: 1 };
  }

  function numbered(subject: string, slot: number): number {
    const subjectSlot = `${subject} ${slot}`;
    const sequence = (sequences.get(subjectSlot) ?? 0) + 1;
    sequences.set(subjectSlot, sequence);
    return sequence;
  }

  /** One of a topic that has not come yet: the drawn one, or the opening that it needs first. */
  function nextUnsent(index: number): Good {
    const drawn = drawTopic(random, [...unsent]);
    const { subject, standing } = catalogue[drawn];
    const slot = opened.get(subject);
    const openings = bySubject.get(`opens ${subject}`) ?? [];
    const topic = standing === 'follows' && slot === undefined ? (openings[0] ?? drawn) : drawn;
    unsent.delete(topic);
    if (standing === 'once') return aboutSomebodyNew(index, topic);
    const taken = slot ?? made % conversations;
    if (slot === undefined) made += 1;
    opened.set(subject, taken);
    return { kind: 'good', index, topic, slot: taken, sequence: numbered(subject, taken) };
  }

  function next(index: number): Good {
    if (unsent.size > 0) return nextUnsent(index);
    const turn = made % conversations;
    made += 1;
    const drawn = drawTopic(random, topics);
    const { subject, standing } = catalogue[drawn];
    if (standing === 'once') return aboutSomebodyNew(index, drawn);
    const sequence = numbered(subject, turn);
    const fitting = bySubject.get(`${sequence === 1 ? 'opens' : 'follows'} ${subject}`) ?? [];
    const topic = fitting.includes(drawn) ? drawn : drawTopic(random, fitting.length > 0 ? fitting : [drawn]);
    return { kind: 'good', index, topic, slot: turn, sequence };
  }

  return { next, aboutSomebodyNew };
}

function drawTopic(random: Random, among: readonly Topic[]): Topic {
  let place = random.int(among.reduce((sum, topic) => sum + catalogue[topic].weight, 0));
  for (const topic of among) {
    if (place < catalogue[topic].weight) return topic;
    place -= catalogue[topic].weight;
  }
  throw new RangeError('no topic to draw from');
}

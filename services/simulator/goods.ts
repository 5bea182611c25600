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
}

/**
 * Makes the good notifications of a run. Slots take turns, so one conversation's notifications are `conversations / rate`
 * apart. A subject's opening topic comes first and once, unless the request names no topic that could follow it.
 */
export function createGoods({ conversations, topics }: GoodsRequest, random: Random): Goods {
  const sequences = new Map<string, number>();
  const bySubject = Map.groupBy(topics, (topic) => `${catalogue[topic].standing} ${catalogue[topic].subject}`);
  let made = 0;
  let extraSlots = 0;

  function aboutSomebodyNew(index: number, topic: Topic): Good {
    extraSlots += 1;
    return { kind: 'good', index, topic, slot: conversations + extraSlots - 1, sequence: 1 };
  }

  function next(index: number): Good {
    const turn = made % conversations;
    made += 1;
    const drawn = drawTopic(random, topics);
    const { subject, standing } = catalogue[drawn];
    if (standing === 'once') return aboutSomebodyNew(index, drawn);
    const subjectSlot = `${subject} ${turn}`;
    const sequence = (sequences.get(subjectSlot) ?? 0) + 1;
    sequences.set(subjectSlot, sequence);
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

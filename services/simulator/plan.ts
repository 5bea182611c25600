import { type CatalogueEntry, catalogue, type Topic, unknownTopics } from './catalogue.ts';
import { type Random, seededRandom, streams } from './random.ts';
import { type ForgeryManner, forgeryManners } from './signature.ts';

/** What a run sends. `count` good ones; the other three come on top of it. */
export interface PlanRequest {
  readonly seed: number;
  readonly count: number;
  readonly conversations: number;
  readonly duplicates: number;
  readonly forgeries: number;
  readonly unknownTopics: number;
  readonly topics: readonly [Topic, ...Topic[]];
}

/** A notification that Intercom means to send. `slot` names its cast, `sequence` counts along its subject from 1. */
export interface Good {
  readonly kind: 'good';
  readonly index: number;
  readonly topic: Topic;
  readonly slot: number;
  readonly sequence: number;
}

/** One thing to send; `index` is its place in the run, from 0. */
export type Planned =
  | Good
  | { readonly kind: 'duplicate'; readonly index: number; readonly original: Good }
  | {
      readonly kind: 'forged';
      readonly index: number;
      readonly topic: Topic;
      readonly slot: number;
      readonly manner: ForgeryManner;
    }
  | { readonly kind: 'unknown'; readonly index: number; readonly topic: string };

/** A duplicate repeats one of the last so many: Intercom's own come from late answers, not from last week. */
const DUPLICATE_REACH = 100;

/** @returns how many notifications `planRun` yields for this request */
export function plannedTotal({ count, duplicates, forgeries, unknownTopics }: PlanRequest): number {
  return count + duplicates + forgeries + unknownTopics;
}

/**
 * The notifications of a run in the order of sending, made one by one; the same request gives the same list. Slots take
 * turns, so one conversation's notifications are `conversations / rate` apart. A subject's opening topic comes first and
 * once, unless the request names no topic that could follow it.
 */
export function* planRun(request: PlanRequest): Generator<Planned, void, undefined> {
  const random = seededRandom(request.seed, streams.plan, 0);
  const nextGood = goodOnes(request, random);
  const recent: Good[] = [];
  const left = {
    good: request.count,
    duplicate: request.duplicates,
    forged: request.forgeries,
    unknown: request.unknownTopics,
  };
  const total = plannedTotal(request);
  for (let index = 0; index < total; index += 1) {
    const drawn = drawKind(random, left);
    const [newest] = recent;
    const kind = drawn === 'duplicate' && newest === undefined ? 'good' : drawn;
    left[kind] -= 1;
    if (kind === 'duplicate' && newest !== undefined) {
      yield { kind, index, original: recent[random.int(recent.length)] ?? newest };
    } else if (kind === 'forged') {
      const topic = random.pick(request.topics);
      yield { kind, index, topic, slot: random.int(request.conversations), manner: random.pick(forgeryManners) };
    } else if (kind === 'unknown') {
      yield { kind, index, topic: random.pick(unknownTopics) };
    } else {
      const good = nextGood(index);
      recent.unshift(good);
      if (recent.length > DUPLICATE_REACH) recent.pop();
      yield good;
    }
  }
}

/** Draws a kind with the chance of what is left of it, so that exactly all are used up in the end. */
function drawKind(random: Random, left: Readonly<Record<Planned['kind'], number>>): Planned['kind'] {
  let place = random.int(left.good + left.duplicate + left.forged + left.unknown);
  for (const kind of ['duplicate', 'forged', 'unknown'] as const) {
    if (place < left[kind]) return kind;
    place -= left[kind];
  }
  return 'good';
}

function goodOnes(request: PlanRequest, random: Random): (index: number) => Good {
  const sequences = new Map<string, number>();
  let made = 0;
  let extraSlots = 0;
  return (index) => {
    const turn = made % request.conversations;
    made += 1;
    const drawn = drawTopic(random, request.topics);
    const { subject, standing }: CatalogueEntry = catalogue[drawn];
    if (standing === 'once') {
      extraSlots += 1;
      return { kind: 'good', index, topic: drawn, slot: request.conversations + extraSlots - 1, sequence: 1 };
    }
    const subjectSlot = `${subject} ${turn}`;
    const sequence = (sequences.get(subjectSlot) ?? 0) + 1;
    sequences.set(subjectSlot, sequence);
    const ofSubject = request.topics.filter((topic) => catalogue[topic].subject === subject);
    const openers = ofSubject.filter((topic) => catalogue[topic].standing === 'opens');
    const followers = ofSubject.filter((topic) => catalogue[topic].standing === 'follows');
    const fitting = sequence === 1 ? openers : followers;
    const topic = fitting.includes(drawn) ? drawn : drawTopic(random, fitting.length > 0 ? fitting : ofSubject);
    return { kind: 'good', index, topic, slot: turn, sequence };
  };
}

function drawTopic(random: Random, among: readonly Topic[]): Topic {
  let place = random.int(among.reduce((sum, topic) => sum + catalogue[topic].weight, 0));
  for (const topic of among) {
    if (place < catalogue[topic].weight) return topic;
    place -= catalogue[topic].weight;
  }
  throw new RangeError('no topic to draw from');
}

import { contentStatTopics } from './catalogue/workspace.ts';
import { type Topic, unknownTopics } from './catalogue.ts';
import { createGoods, type Good } from './goods.ts';
import { type Random, seededRandom, streams } from './random.ts';
import { BURST_FACTOR, type Pace } from './schedule.ts';
import { type ForgeryManner, forgeryManners } from './signature.ts';

/** What a run sends. `count` good ones; the others come on top of it. */
export interface PlanRequest {
  readonly seed: number;
  readonly count: number;
  readonly conversations: number;
  readonly duplicates: number;
  readonly replays: number;
  readonly forgeries: number;
  readonly unknownTopics: number;
  /** How many people a mass message goes to; each gives rise to {@link BURST_FACTOR} notifications. */
  readonly audience: number;
  readonly topics: readonly [Topic, ...Topic[]];
  /** Whether no topic comes a second time before each has come, as far as `count` reaches. */
  readonly eachTopicOnce?: boolean;
}

/** One thing to send; `index` is its place in the run, from 0. */
export type Planned =
  | Good
  | { readonly kind: 'duplicate'; readonly index: number; readonly original: Good }
  /** Like a duplicate, but long after, and not by Intercom: somebody has kept a request. */
  | { readonly kind: 'replay'; readonly index: number; readonly original: Good }
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
/** A replay repeats one of the first so many. */
const REPLAY_REACH = 1000;

/** What a mass message gives rise to. */
const massTopics = Object.keys(contentStatTopics) as [Topic, ...Topic[]];

/** @returns how many notifications `planRun` yields for this request */
export function plannedTotal(request: Omit<PlanRequest, 'seed' | 'conversations' | 'topics'>): number {
  const { count, duplicates, replays, forgeries, unknownTopics, audience } = request;
  return count + duplicates + replays + forgeries + unknownTopics + audience * BURST_FACTOR;
}

/** The mass message comes in the middle, the replays at the very end. */
export function burstOf(request: PlanRequest): Pace['burst'] {
  if (request.audience === 0) return undefined;
  const count = request.audience * BURST_FACTOR;
  return { from: Math.floor((plannedTotal(request) - request.replays - count) / 2), count };
}

/** The notifications of a run in the order in which they came to be, made one by one; the same request, the same list. */
export function* planRun(request: PlanRequest): Generator<Planned, void, undefined> {
  const random = seededRandom(request.seed, streams.plan, 0);
  const goods = createGoods(request, random);
  const recent: Good[] = [];
  const oldest: Good[] = [];
  const left = {
    good: request.count,
    duplicate: request.duplicates,
    forged: request.forgeries,
    unknown: request.unknownTopics,
  };

  function good(index: number): Good {
    const next = goods.next(index);
    recent.unshift(next);
    if (recent.length > DUPLICATE_REACH) recent.pop();
    if (oldest.length < REPLAY_REACH) oldest.push(next);
    return next;
  }

  function drawn(index: number): Planned {
    const kind = drawKind(random, left);
    const [newest] = recent;
    if (kind === 'duplicate' && newest !== undefined) {
      left.duplicate -= 1;
      return { kind, index, original: recent[random.int(recent.length)] ?? newest };
    }
    if (kind === 'duplicate' || kind === 'good') {
      left.good -= 1;
      return good(index);
    }
    left[kind] -= 1;
    if (kind === 'unknown') return { kind, index, topic: random.pick(unknownTopics) };
    const topic = random.pick(request.topics);
    return { kind, index, topic, slot: random.int(request.conversations), manner: random.pick(forgeryManners) };
  }

  const total = plannedTotal(request);
  const burst = burstOf(request) ?? { from: total, count: 0 };
  for (let index = 0; index < total; index += 1) {
    const original = index < total - request.replays ? undefined : oldest[random.int(oldest.length)];
    if (original !== undefined) yield { kind: 'replay', index, original };
    else if (index < burst.from || index >= burst.from + burst.count) yield drawn(index);
    else yield goods.aboutSomebodyNew(index, random.pick(massTopics));
  }
}

/** Draws a kind with the chance of what is left of it, so that exactly all are used up in the end. */
function drawKind(random: Random, left: Readonly<Record<'good' | 'duplicate' | 'forged' | 'unknown', number>>) {
  let place = random.int(left.good + left.duplicate + left.forged + left.unknown);
  for (const kind of ['duplicate', 'forged', 'unknown'] as const) {
    if (place < left[kind]) return kind;
    place -= left[kind];
  }
  return 'good';
}

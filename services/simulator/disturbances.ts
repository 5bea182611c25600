import { catalogue } from './catalogue.ts';
import type { Good } from './goods.ts';
import type { Planned, PlanRequest } from './plan.ts';
import { seededRandom, streams } from './random.ts';
import { BURST_FACTOR } from './schedule.ts';

/** How the first attempt leaves: in one go, dribbling over seconds, or broken off by the sender in mid-body. */
export type Manner = 'whole' | 'dribbled' | 'aborted';

export interface Departure {
  readonly planned: Planned;
  readonly manner: Manner;
}

/** How many of the good notifications leave otherwise than planned. */
export interface DisturbanceRequest extends Pick<PlanRequest, 'seed' | 'count' | 'audience'> {
  /** Leave right after the next one of their subject; fewer where subjects have but one. */
  readonly outOfOrder: number;
  readonly slowBodies: number;
  readonly aborted: number;
}

/**
 * The planned notifications in the order of sending. One that is overtaken leaves right after the next of its subject, or at
 * the end where none follows; its id, sequence and time of creation stay those of the plan.
 */
export function* disturb(plan: Iterable<Planned>, request: DisturbanceRequest): Generator<Departure, void, undefined> {
  const random = seededRandom(request.seed, streams.disturbance, 0);
  const left = { ...request, good: request.count + request.audience * BURST_FACTOR };
  const overtaken = new Map<string, Departure>();

  function drawManner(): Manner {
    const place = random.int(left.good);
    const manner = place < left.aborted ? 'aborted' : place < left.aborted + left.slowBodies ? 'dribbled' : 'whole';
    if (manner === 'aborted') left.aborted -= 1;
    if (manner === 'dribbled') left.slowBodies -= 1;
    return manner;
  }

  for (const planned of plan) {
    if (planned.kind !== 'good') {
      yield { planned, manner: 'whole' };
      continue;
    }
    const departure = { planned, manner: drawManner() };
    const isDrawn = random.int(left.good) < left.outOfOrder;
    left.good -= 1;
    const subject = subjectOf(planned);
    const earlier = overtaken.get(subject);
    if (earlier !== undefined) {
      yield departure;
      yield earlier;
      overtaken.delete(subject);
    } else if (isDrawn && catalogue[planned.topic].standing !== 'once') {
      left.outOfOrder -= 1;
      overtaken.set(subject, departure);
    } else {
      yield departure;
    }
  }
  yield* overtaken.values();
}

const subjectOf = ({ topic, slot }: Good): string => `${catalogue[topic].subject} ${slot}`;

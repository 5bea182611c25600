import { seededRandom, streams } from '../random.ts';
import type { FaultStatus } from './refusal.ts';

/** A reply that goes wrong although nothing was wrong with it. */
interface Fault {
  /** Whether the reply is made all the same. The answer doesn't tell. */
  readonly isStored: boolean;
  /** `none`: the connection is reset instead. */
  readonly answer: FaultStatus | 'none';
}

export interface FaultPlan {
  readonly seed: number;
  /** How many replies go wrong, 0 … 1. */
  readonly share: number;
}

const RESOLUTION = 1_000_000;

/**
 * What befalls the so-manieth reply. By its place in the order of arrival alone, so one that is tried again has another
 * fate.
 * @param index from 0
 * @returns null where all is well
 */
export function faultOf({ seed, share }: FaultPlan, index: number): Fault | null {
  const random = seededRandom(seed, streams.fault, index);
  if (random.int(RESOLUTION) >= share * RESOLUTION) return null;
  return { isStored: random.oneIn(2), answer: random.pick<Fault['answer']>([500, 503, 504, 'none']) };
}

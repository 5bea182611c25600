/** A source of reproducible choices: the same seed, stream and index always give the same values in the same order. */
export interface Random {
  /** A whole number from 0 up to, but not including, `below` (1 … 2^32). */
  readonly int: (below: number) => number;
  /** One of the list, each equally likely. */
  readonly pick: <T>(list: readonly [T, ...T[]]) => T;
  /** True once in `times`, on average. */
  readonly oneIn: (times: number) => boolean;
  /** `length` lower-case hexadecimal digits. */
  readonly hex: (length: number) => string;
  /** A version 4 UUID. */
  readonly uuid: () => string;
}

/** What a value is drawn for. Streams of one seed are independent: adding a draw to one leaves the others as they were. */
export const streams = { plan: 1, ids: 2, cast: 3, notification: 4, body: 5, fault: 6, disturbance: 7 } as const;

/** Rounds after which every bit of the seed has reached every bit of the state. */
const WARM_UP_ROUNDS = 15;

/**
 * The generator sfc32 (Chris Doty-Humphrey, PractRand; public domain): 128 bits of state, three of its four words taken
 * from the arguments. One step is a bijection of the state, so different arguments never fall into the same state, which a
 * 32-bit generator could not promise: among 100 000 notifications two would be expected to share their id.
 * @param seed,index whole numbers, 0 … 2^32 − 1
 */
export function seededRandom(seed: number, stream: number, index: number): Random {
  let a = seed | 0;
  let b = stream | 0;
  let c = index | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) next();

  const int = (below: number): number => Math.floor((next() / 2 ** 32) * below);
  const hex = (length: number): string => {
    let digits = '';
    while (digits.length < length) digits += next().toString(16).padStart(8, '0');
    return digits.slice(0, length);
  };
  return {
    int,
    hex,
    pick: (list) => list[int(list.length)] ?? list[0],
    oneIn: (times) => int(times) === 0,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${(8 + int(4)).toString(16)}${hex(3)}-${hex(12)}`,
  };
}

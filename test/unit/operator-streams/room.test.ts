import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ConsumerReading, decideRoom, type Reading, type StreamReading } from '#operator/streams/room.ts';

const stream = (changes: Partial<StreamReading> = {}): StreamReading => ({
  firstSeq: 1,
  lastSeq: 1_000,
  messages: 1_000,
  bytes: 85,
  maxMessages: -1,
  maxBytes: 100,
  consumers: 1,
  ...changes,
});

const consumer = (changes: Partial<ConsumerReading> = {}): ConsumerReading => ({
  name: 'support',
  ackFloorSeq: 400,
  pending: 5,
  unacknowledged: 3,
  ...changes,
});

const decide = (changes: Partial<Reading> = {}) =>
  decideRoom({ stream: stream(), consumers: [consumer()], expected: ['support'], settledSeq: 900, ...changes });

describe('a stream with room', () => {
  it.each([
    ['bytes', { bytes: 84 }],
    ['messages', { maxBytes: -1, maxMessages: 1_177 }],
    ['no limit', { maxBytes: -1, maxMessages: -1 }],
    ['no limit, as 0', { maxBytes: 0, maxMessages: 0 }],
  ])('is left alone: %s', (_, changes) => {
    expect(decide({ stream: stream(changes) })).toEqual({ kind: 'nothing' });
  });
});

describe('a stream that is nearly full', () => {
  it.each([
    ['bytes', {}],
    ['messages', { maxBytes: -1, maxMessages: 1_176 }],
  ])('gives up what everybody has acknowledged: %s', (_, changes) => {
    expect(decide({ stream: stream(changes) })).toEqual({ kind: 'purge', belowSeq: 401 });
  });

  it('goes by the slowest consumer', () => {
    const consumers = [consumer(), consumer({ name: 'slow', ackFloorSeq: 70 })];
    expect(decide({ stream: stream({ consumers: 2 }), consumers })).toEqual({ kind: 'purge', belowSeq: 71 });
  });

  it('is not held back by a consumer that had nothing for long, and has nothing before it', () => {
    const rare = consumer({ name: 'rare', ackFloorSeq: 0, pending: 0, unacknowledged: 0 });
    const both = { stream: stream({ consumers: 2 }), consumers: [consumer(), rare] };
    expect(decide(both)).toEqual({ kind: 'purge', belowSeq: 401 });
    expect(decide({ ...both, settledSeq: 300 })).toEqual({ kind: 'purge', belowSeq: 301 });
    expect(decide({ ...both, settledSeq: 0 })).toMatchObject({
      kind: 'full',
      reason: expect.stringMatching(/consumer rare .* message 1$/),
    });
  });

  it('waits for a consumer that has one message in its hands, or one to come', () => {
    for (const held of [{ unacknowledged: 1 }, { pending: 1 }]) {
      const waiting = consumer({ ackFloorSeq: 0, pending: 0, unacknowledged: 0, ...held });
      expect(decide({ consumers: [waiting] })).toMatchObject({ kind: 'full' });
    }
  });

  it.each<[string, Partial<Reading>, RegExp]>([
    ['there is no consumer', { stream: stream({ consumers: 0 }), consumers: [], expected: [] }, /nobody consumes it/],
    ['one of ours is missing', { expected: ['support', 'billing'] }, /consumer billing is missing/],
    ['one does not answer', { stream: stream({ consumers: 2 }) }, /only 1 of 2 consumers answer/],
    ['nothing is acknowledged', { stream: stream({ firstSeq: 401 }) }, /support has not acknowledged message 401/],
  ])('keeps everything where %s', (_, changes, reason) => {
    expect(decide(changes)).toMatchObject({ kind: 'full', reason: expect.stringMatching(reason) });
  });

  it('never reaches beyond what it held when it was read', () => {
    const ahead = consumer({ ackFloorSeq: 5_000, pending: 0, unacknowledged: 0 });
    expect(decide({ consumers: [ahead] })).toEqual({ kind: 'purge', belowSeq: 1_001 });
  });
});

/** A consumer of every n-th message, as a server would report it. */
interface Model {
  readonly every: number;
  readonly delivered: number;
  readonly acknowledged: ReadonlySet<number>;
}

const models = fc.array(
  fc
    .record({
      every: fc.integer({ min: 1, max: 4 }),
      delivered: fc.integer({ min: 0, max: 40 }),
      acknowledged: fc.array(fc.integer({ min: 1, max: 40 })),
    })
    .map(({ acknowledged, ...rest }): Model => ({ ...rest, acknowledged: new Set(acknowledged) })),
  { minLength: 1, maxLength: 4 },
);

const isFor = ({ every }: Model, seq: number): boolean => seq % every === 0;
const isOpen = (model: Model, seq: number): boolean =>
  isFor(model, seq) && (seq > model.delivered || !model.acknowledged.has(seq));

/** The floor is the last message that was for it, of those before the first that is open. */
function reported(model: Model, name: string, lastSeq: number): ConsumerReading {
  const all = Array.from({ length: lastSeq }, (_, i) => i + 1).filter((seq) => isFor(model, seq));
  const open = all.filter((seq) => isOpen(model, seq));
  const dealtWith = all.filter((seq) => seq < (open[0] ?? Number.POSITIVE_INFINITY));
  const pending = open.filter((seq) => seq > model.delivered).length;
  return { name, ackFloorSeq: dealtWith.at(-1) ?? 0, pending, unacknowledged: open.length - pending };
}

it('never gives up a message that somebody has not acknowledged', () => {
  fc.assert(
    fc.property(models, fc.integer({ min: 1, max: 40 }), fc.nat(40), (consumers, lastSeq, ago) => {
      const decision = decideRoom({
        stream: stream({ lastSeq, messages: lastSeq, consumers: consumers.length }),
        consumers: consumers.map((model, i) => reported(model, `c${i}`, lastSeq)),
        expected: [],
        settledSeq: Math.max(0, lastSeq - ago),
      });
      const belowSeq = decision.kind === 'purge' ? decision.belowSeq : 1;
      const given = Array.from({ length: belowSeq - 1 }, (_, i) => i + 1);
      expect(given.filter((seq) => consumers.some((model) => isOpen(model, seq)))).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

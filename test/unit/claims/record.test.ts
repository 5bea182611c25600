import { describe, expect, it } from 'vitest';
import {
  type ClaimedRecord,
  decide,
  decodeRecord,
  encodeRecord,
  finished,
  needsAge,
  postponed,
  released,
} from '#services/worker/claims/record.ts';

const ME = { owner: 'me', nowMs: 5_000, leaseMs: 100 };
const HELD: ClaimedRecord = {
  v: 1,
  state: 'claimed',
  owner: 'other',
  attempts: 2,
  misses: 3,
  crashes: 1,
  firstAt: 1_000,
  leaseMs: 400,
};

describe('decide', () => {
  it('takes what nobody has claimed', () => {
    expect(decide(null, 0, ME)).toEqual({
      kind: 'take',
      record: { v: 1, state: 'claimed', owner: 'me', attempts: 0, misses: 0, crashes: 0, firstAt: 5_000, leaseMs: 100 },
    });
  });

  it('leaves alone what is held, until the lease its holder asked for has run out', () => {
    expect(decide(HELD, 0, ME)).toEqual({ kind: 'held', retryInMs: 400 });
    expect(decide(HELD, 398.741, ME)).toEqual({ kind: 'held', retryInMs: 2 });
    expect(decide(HELD, 399.9, ME)).toEqual({ kind: 'held', retryInMs: 1 });
  });

  it('takes over what its holder has left, counting a crash and keeping the rest', () => {
    const record = { ...HELD, owner: 'me', crashes: 2, leaseMs: 100 };
    expect(decide(HELD, 400, ME)).toEqual({ kind: 'take', record });
  });

  it('keeps its own claim from itself: a message may be delivered twice to one worker', () => {
    expect(decide({ ...HELD, owner: 'me' }, 10, ME)).toEqual({ kind: 'held', retryInMs: 390 });
  });

  it('waits until a retry is due and then takes it, counting nothing', () => {
    const waiting = postponed(HELD, { countsAttempt: true, notBeforeMs: 5_010, delayMs: 10 });
    expect(decide(waiting, 99_999, ME)).toEqual({ kind: 'waiting', retryInMs: 10 });
    expect(decide(waiting, 0, { ...ME, nowMs: 5_010 })).toMatchObject({
      kind: 'take',
      record: { owner: 'me', attempts: 3, misses: 3, crashes: 1, firstAt: 1_000 },
    });
  });

  it('waits by the clock of the store where that of who postponed it was ahead', () => {
    const hourAhead = postponed(HELD, { countsAttempt: true, notBeforeMs: 3_605_010, delayMs: 10 });
    expect(needsAge(hourAhead, 5_000)).toBe(true);
    expect(decide(hourAhead, 3.2, ME)).toEqual({ kind: 'waiting', retryInMs: 7 });
    expect(decide(hourAhead, 10, ME)).toMatchObject({ kind: 'take', record: { attempts: 3 } });
    expect(needsAge(hourAhead, 3_605_005)).toBe(false);
  });

  it('tells the outcome of what is done, for ever', () => {
    expect(decide(finished(HELD, 'dead'), Number.MAX_SAFE_INTEGER, ME)).toEqual({ kind: 'done', outcome: 'dead' });
  });
});

describe('what ends a claim', () => {
  it('counts an attempt, or a miss, or nothing', () => {
    const at = { notBeforeMs: 7_000.4, delayMs: 900.4 };
    const counts = { state: 'waiting', firstAt: 1_000, crashes: 1 };
    expect(postponed(HELD, { ...at, countsAttempt: true })).toMatchObject({ ...counts, attempts: 3, misses: 3 });
    expect(postponed(HELD, { ...at, countsAttempt: false })).toMatchObject({ ...counts, attempts: 2, misses: 4 });
    expect(released(HELD)).toMatchObject({ ...counts, attempts: 2, misses: 3, notBefore: 0, delayMs: 0 });
  });
});

describe('decodeRecord', () => {
  it('reads what was written', () => {
    for (const record of [HELD, finished(HELD, 'handled'), released(HELD)]) {
      expect(decodeRecord(encodeRecord(record))).toEqual(record);
    }
  });

  it('reads what the first release wrote', () => {
    const stored =
      '{"v":1,"state":"waiting","owner":"pod-1/x#7","attempts":1,"misses":0,"crashes":0,"firstAt":5,"notBefore":9}';
    expect(decodeRecord(stored)).toMatchObject({ state: 'waiting', attempts: 1, notBefore: 9 });
  });

  it('refuses a newer version by its number, whatever it looks like', () => {
    expect(() => decodeRecord('{"v":2,"status":"claimed"}')).toThrow(
      'a claim has format version 2, this release reads up to 1',
    );
  });

  it.each(['', 'null', '{}', '{"v":1}', '{"v":1,"state":"claimed","owner":"x"}'])('refuses %j', (text) => {
    expect(() => decodeRecord(text)).toThrow();
  });
});

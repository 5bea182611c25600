import { describe, expect, it } from 'vitest';
import { nextDueMs } from '#operator/dead-letters/pace.ts';
import { type Outcome, type Report, run, type Task } from '#operator/dead-letters/run.ts';

async function* pages(...all: number[][]): AsyncGenerator<number[]> {
  yield* all;
}

const never = new AbortController().signal;

async function reportsOf(task: Partial<Task>, signal = never): Promise<Report[]> {
  const all: Report[] = [];
  const defaults = { pages: pages([1, 2, 3]), pace: async () => undefined, begin: async () => async () => DONE };
  for await (const report of run({ ...defaults, ...task }, signal)) all.push(report);
  return all;
}

const DONE: Outcome = { kind: 'done' };
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe('a run', () => {
  it('reports after each page, then how it ended', async () => {
    const reports = await reportsOf({ pages: pages([1, 2], [], [3]) });
    expect(reports.map(({ kind }) => kind)).toEqual(['progress', 'progress', 'progress', 'ended']);
    expect(reports.at(-1)).toMatchObject({ how: 'complete', done: 3, refused: 0, gone: 0, failed: 0, problems: [] });
  });

  it('counts every outcome, and keeps the first twenty problems', async () => {
    const outcomes: Outcome[] = [
      DONE,
      { kind: 'gone' },
      { kind: 'refused', why: 'no' },
      { kind: 'failed', why: 'broken' },
    ];
    const begin: Task['begin'] = async (sequence) => async () => outcomes[sequence % 4] ?? DONE;
    const [end] = (await reportsOf({ pages: pages(range(80)), begin })).slice(-1);
    expect(end).toMatchObject({ done: 20, gone: 20, refused: 20, failed: 20 });
    expect(end).toHaveProperty('problems.length', 20);
    expect(end).toHaveProperty('problems.0', { sequence: 2, kind: 'refused', why: 'no' });
  });

  it('begins one after the other, and has sixteen under way at most', async () => {
    const begun: number[] = [];
    let underWay = 0;
    let most = 0;
    const begin: Task['begin'] = async (sequence) => {
      begun.push(sequence);
      return async () => {
        underWay += 1;
        most = Math.max(most, underWay);
        for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
        underWay -= 1;
        return DONE;
      };
    };
    await reportsOf({ pages: pages(range(100)), begin });
    expect(begun).toEqual(range(100));
    expect(most).toBe(16);
  });

  it.each([
    ['begin', async () => Promise.reject(new Error('NATS is away'))],
    ['finish', async () => async () => Promise.reject(new Error('NATS is away'))],
  ] as [string, Task['begin']][])('gives up where %s fails ten times in a row', async (_name, begin) => {
    const [end] = (await reportsOf({ pages: pages(range(100)), begin })).slice(-1);
    expect(end).toMatchObject({ how: 'broken', why: '10 letters failed in a row, the last one so: NATS is away' });
    expect(end?.failed).toBeLessThan(30);
  });

  it('goes on where a success stands between failures', async () => {
    const begin: Task['begin'] = async (sequence) => async () =>
      sequence % 5 === 0 ? DONE : { kind: 'failed', why: 'x' };
    expect((await reportsOf({ pages: pages(range(100)), begin })).at(-1)).toMatchObject({
      how: 'complete',
      failed: 80,
    });
  });

  it('ends where the letters cannot be read any more', async () => {
    async function* breaking() {
      yield [1, 2];
      throw new Error('letters got lost');
    }
    expect((await reportsOf({ pages: breaking() })).at(-1)).toMatchObject({
      how: 'broken',
      why: 'letters got lost',
      done: 2,
    });
  });

  it('ends when asked to, after what it has begun', async () => {
    const ended = new AbortController();
    const begin: Task['begin'] = async (sequence) => {
      if (sequence === 5) ended.abort();
      return async () => DONE;
    };
    const reports = await reportsOf({ pages: pages(range(100)), begin }, ended.signal);
    expect(reports.at(-1)).toMatchObject({ how: 'stopped', why: '', done: 5 });
  });
});

describe('the pace', () => {
  it.each([
    ['at once the first time', Number.NEGATIVE_INFINITY, 1_000, 1_000],
    ['an interval later, where that is still to come', 1_000, 1_005, 1_020],
    ['now, where it is late', 1_000, 1_500, 1_500],
  ])('lets one go %s', (_name, lastDueMs, nowMs, dueMs) => {
    expect(nextDueMs(lastDueMs, nowMs, 20)).toBe(dueMs);
  });
});

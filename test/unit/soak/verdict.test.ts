import { describe, expect, it } from 'vitest';
import { allKept } from '#cli/demo/table.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { fault } from '../../../bench/soak/settled.ts';
import { busiest, type Evidence, slopePerHour, summarise } from '../../../bench/soak/verdict.ts';

const HOUR_MS = 3_600_000;
const sample = (atMs: number, rssMb: number) => ({ atMs, rssMb, leads: true, openFiles: 30 });

/** Half an hour in which nothing went wrong. */
const GOOD: Evidence = {
  seconds: 1800,
  changes: { written: 5000, deleted: 500, failed: 20 },
  faults: ['API server killed', 'answers late', 'API server killed'],
  pauses: [{ settledMs: 20_000, unsettled: [] }],
  survivor: Array.from({ length: 1800 }, (_, i) => sample(i * 1000, 100 + (i % 7))),
  totals: Array.from({ length: 1800 }, (_, i) => ({ atMs: i * 1000, requests: i * 5, writes: i * 2 })),
  handOvers: 12,
  doubleLeaders: 0,
  accidents: [],
};

describe('a soak', () => {
  it('in which nothing went wrong keeps its promises', () => {
    expect(allKept(summarise(GOOD))).toBe(true);
  });

  it.each<[string, Partial<Evidence>]>([
    ['a status is not right', { pauses: [{ settledMs: 90_000, unsettled: ['webhook-1'] }] }],
    ['it takes too long until all are right', { pauses: [{ settledMs: 91_000, unsettled: [] }] }],
    ['two lead', { doubleLeaders: 1 }],
    ['something happens that was not planned', { accidents: ['the survivor has ended'] }],
    ['memory grows', { survivor: GOOD.survivor.map(({ atMs }) => sample(atMs, 100 + (atMs / HOUR_MS) * 40)) }],
    ['files stay open', { survivor: [...GOOD.survivor, { ...sample(1_800_000, 100), openFiles: 101 }] }],
    ['requests are too many', { totals: [{ atMs: 1_800_000, requests: 72_001, writes: 0 }] }],
    ['too much is written', { totals: [{ atMs: 1_800_000, requests: 40_000, writes: 25_001 }] }],
  ])('breaks one when %s', (_case, evidence) => {
    expect(allKept(summarise({ ...GOOD, ...evidence }))).toBe(false);
  });
});

it('the slope of memory is that of the line through it', () => {
  expect(slopePerHour([sample(0, 100), sample(HOUR_MS / 2, 106), sample(HOUR_MS, 110)])).toBeCloseTo(10);
  expect(slopePerHour([sample(0, 100)])).toBe(0);
  expect(slopePerHour([])).toBe(0);
});

it('the busiest ten seconds are found wherever they are', () => {
  const calm = (seconds: number) => ({ atMs: seconds * 1000, requests: seconds });
  const burst = Array.from({ length: 100 }, (_, i) => calm(i)).map(({ atMs, requests }) => ({
    atMs,
    requests: requests + (atMs > 50_000 ? 190 : 0),
  }));
  expect(busiest(burst)).toBeCloseTo(20);
});

describe('a resource', () => {
  const webhook = (generation: number, status: string, policy = 'Retain', deletionTimestamp?: string): KubeObject => ({
    apiVersion: 'intercom-operator.io/v1alpha1',
    kind: 'IntercomWebhook',
    metadata: {
      name: 'a',
      uid: 'u',
      resourceVersion: '1',
      generation: 2,
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    },
    spec: { deletionPolicy: policy },
    status: {
      conditions: [
        {
          type: 'Accepted',
          status,
          reason: 'Parsed',
          message: '',
          observedGeneration: generation,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  });

  it('is settled when it was judged rightly as it is now, and says else what is missing', () => {
    expect(fault(webhook(2, 'True'))).toBeNull();
    expect(fault(webhook(2, 'False', 'Shred'))).toBeNull();
    expect(fault(webhook(1, 'True'))).toBe('generation 1 of 2 judged');
    expect(fault(webhook(2, 'False'))).toMatch(/^Accepted is False/);
    expect(fault(webhook(2, 'True', 'Shred'))).toMatch(/^Accepted is True/);
    expect(fault(webhook(2, 'True', 'Retain', '2026-01-01T00:00:00Z'))).toMatch(/^being deleted/);
  });
});

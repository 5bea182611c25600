import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ClaimRecord, decide, finished, postponed, released } from '#services/worker/claims/record.ts';

/** What workers can do to one record, each at its own pace. */
const pass = fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 150 }) });
const claim = fc.record({ do: fc.constant('claim' as const), worker: fc.constantFrom('a', 'b', 'c') });
/** `claim` counts back from the latest, so that most of what they try is possible. */
const end = fc.record({
  do: fc.constantFrom('renew' as const, 'finish' as const, 'release' as const),
  claim: fc.nat({ max: 3 }),
});
const postpone = fc.record({
  do: fc.constant('postpone' as const),
  claim: fc.nat({ max: 3 }),
  countsAttempt: fc.boolean(),
  ms: fc.integer({ min: 0, max: 200 }),
});
const step = fc.oneof(
  { arbitrary: pass, weight: 4 },
  { arbitrary: claim, weight: 4 },
  { arbitrary: end, weight: 1 },
  { arbitrary: postpone, weight: 1 },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Held {
  record: Extract<ClaimRecord, { state: 'claimed' }>;
  revision: number;
  writtenAtMs: number;
  mayWrite: boolean;
}

const LEASE_MS = 100;

/** A store of one record: a write counts only over the revision that the writer knows. */
function world() {
  let nowMs = 1_000;
  let revision = 0;
  let writtenAtMs = 0;
  let record: ClaimRecord | null = null;
  const claims: Held[] = [];

  const put = (next: ClaimRecord): number => {
    if (record?.state === 'done') expect(next).toEqual(record);
    expect(next.attempts).toBeGreaterThanOrEqual(record?.attempts ?? 0);
    expect(next.misses).toBeGreaterThanOrEqual(record?.misses ?? 0);
    expect(next.crashes).toBeGreaterThanOrEqual(record?.crashes ?? 0);
    if (record !== null) expect(next.firstAt).toBe(record.firstAt);
    record = next;
    writtenAtMs = nowMs;
    revision += 1;
    return revision;
  };

  const claim = (worker: string) => {
    const owner = `${worker}#${claims.length}`;
    const decision = decide(record, nowMs - writtenAtMs, { owner, nowMs, leaseMs: LEASE_MS });
    if (decision.kind !== 'take') {
      if (decision.kind !== 'done') expect(decision.retryInMs).toBeGreaterThan(0);
      return;
    }
    // The one law: while a lease is valid there is nobody else.
    for (const held of claims) expect(held.mayWrite && nowMs - held.writtenAtMs < LEASE_MS).toBe(false);
    const next = decision.record;
    claims.push({ record: next, revision: put(next), writtenAtMs: nowMs, mayWrite: true });
  };

  const end = (held: Held, next: ClaimRecord) => {
    if (held.revision !== revision || !held.mayWrite) return;
    held.revision = put(next);
    held.writtenAtMs = nowMs;
    held.mayWrite = next.state === 'claimed';
  };

  const run = (action: Step) => {
    if (action.do === 'pass') {
      nowMs += action.ms;
      return;
    }
    if (action.do === 'claim') return claim(action.worker);
    const held = claims.at(-1 - action.claim);
    if (held === undefined) return;
    switch (action.do) {
      case 'renew':
        return end(held, held.record);
      case 'finish':
        return end(held, finished(held.record, 'handled'));
      case 'release':
        return end(held, released(held.record));
      case 'postpone': {
        const { countsAttempt } = action;
        return end(held, postponed(held.record, { countsAttempt, notBeforeMs: nowMs + action.ms, delayMs: action.ms }));
      }
    }
  };
  return { run, record: () => record };
}

it('has one owner at most while a lease is valid, keeps done for ever, and never counts down', () => {
  let finishedRuns = 0;
  let takeovers = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const { run, record } = world();
      for (const action of steps) run(action);
      if (record()?.state === 'done') finishedRuns += 1;
      if ((record()?.crashes ?? 0) > 0) takeovers += 1;
    }),
    { numRuns: 500 },
  );
  // Otherwise the property would have been about nothing.
  expect(finishedRuns).toBeGreaterThan(20);
  expect(takeovers).toBeGreaterThan(20);
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAttempts } from '#services/simulator/attempts.ts';
import { createLedger } from '#services/simulator/ledger.ts';
import { identify } from '#services/simulator/notification.ts';
import type { Outcome } from '#services/simulator/penalties/outcome.ts';
import { type Policy, policyOf } from '#services/simulator/penalties/policy.ts';
import { type Planned, planRun } from '#services/simulator/plan.ts';
import { secretKey } from '#services/simulator/signature.ts';
import { createStanding } from '#services/simulator/standing.ts';
import { createTally } from '#services/simulator/tally.ts';
import { aborted, answered, timedOut } from './penalties/answers.ts';

/** Of a size that a run of some dozens meets every rule. */
const policy: Policy = {
  ...policyOf({}),
  retryAfterMs: 30,
  maxConsecutiveErrors: 3,
  errorWindowMs: 100,
  pauseMs: 60,
  suspendAfterMs: 400,
  throttleFromMs: 20,
  throttleToMs: 80,
  maxLateMs: 90,
  lowPriorityDelayMs: 15,
};

const LATENCY_MS = 3;
const outcomes = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Outcome>(answered(200)) },
  { weight: 1, arbitrary: fc.constant<Outcome>(answered(200, 900)) },
  { weight: 3, arbitrary: fc.constant<Outcome>(answered(500)) },
  { weight: 3, arbitrary: fc.constant<Outcome>(timedOut) },
  { weight: 2, arbitrary: fc.constant<Outcome>(answered(429)) },
  { weight: 1, arbitrary: fc.constant<Outcome>(aborted) },
);

const facts = { seed: 1, appId: 'abc12345', apiVersion: '2.14', ratePerSecond: 1000, startedAtMs: 0 } as const;
const planned = [
  ...planRun({
    seed: 1,
    count: 40,
    conversations: 5,
    duplicates: 3,
    replays: 2,
    forgeries: 3,
    unknownTopics: 2,
    audience: 0,
    topics: ['conversation.user.replied'],
  }),
];

const isStrangers = ({ kind }: { readonly kind: string }): boolean => kind === 'forged' || kind === 'replay';
const own = planned.filter((each) => !isStrangers(each));

/** Sends all of `plan`, one every 10 ms of a clock that is set by hand; `outcomes` answer in turn. */
function start(outcomes: readonly Outcome[], plan: readonly Planned[] = planned) {
  const clock = { nowMs: 0 };
  const tally = createTally();
  const standing = createStanding(policy, () => undefined);
  const ledger = createLedger(planned.length);
  ledger.reserve(planned.length);
  const conditions: string[] = [];
  let asked = 0;
  const attempts = createAttempts({
    run: '1',
    url: 'http://127.0.0.1/',
    secret: secretKey('secret'),
    facts,
    standing,
    ledger,
    poster: {
      async post() {
        conditions.push(standing.report(clock.nowMs).condition.kind);
        asked += 1;
        return outcomes[asked % outcomes.length] ?? answered(200);
      },
    },
    record: tally.record,
    nowMs: () => clock.nowMs,
  });

  /** Everything that is due by `untilMs`, in its turn. */
  async function playUntil(untilMs: number): Promise<void> {
    for (; clock.nowMs <= untilMs; clock.nowMs += LATENCY_MS) {
      while ((attempts.waitingDueMs() ?? Infinity) <= clock.nowMs) attempts.resume();
      await Promise.resolve();
      await new Promise(setImmediate);
    }
  }

  async function play(): Promise<void> {
    for (const [index, each] of plan.entries()) {
      await playUntil(index * 10);
      attempts.begin({ planned: each, manner: 'whole' }, index * 10);
    }
    await playUntil(plan.length * 10 + 1000);
  }

  return { play, playUntil, clock, attempts, tally, standing, ledger, conditions };
}

describe('the attempts of a run', () => {
  it('end every notification in one way, whatever the answers are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(outcomes, { minLength: 1, maxLength: 60 }), async (answers) => {
        const { play, attempts, tally, ledger } = start(answers);
        await play();
        const ended = () => {
          const { delivered, lostAfterRetry, dropped } = tally.report().intercom;
          return delivered + lostAfterRetry + dropped;
        };
        const { sent, held, awaitingRetry, inFlight } = attempts.counts();
        expect([sent, sent + held]).toEqual([ended() + 3 + 2 + awaitingRetry + inFlight, planned.length]);
        await attempts.end('stopped');
        const { intercom } = tally.report();
        const { rejectedForgeries, acceptedForgeries, undecidedForgeries } = intercom;
        const forged = rejectedForgeries + acceptedForgeries + undecidedForgeries;
        expect([forged, intercom.replays]).toEqual([3, 2]);
        expect(ended() + forged + intercom.replays).toBe(planned.length);
        expect(attempts.counts()).toEqual({ sent: planned.length, inFlight: 0, awaitingRetry: 0, held: 0 });
        expect(intercom.longestStreak).toBeLessThanOrEqual(intercom.errors);
        const lines = [...ledger.lines()].filter((line) => !isStrangers(line));
        expect(lines.filter(({ dropped }) => dropped !== undefined)).toHaveLength(intercom.dropped);
      }),
      { numRuns: 25 },
    );
  });

  it('send nothing of Intercom while the subscription is paused, throttled or suspended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(outcomes, { minLength: 1, maxLength: 60 }), async (answers) => {
        const { play, attempts, conditions } = start(answers, own);
        await play();
        await attempts.end('stopped');
        expect(conditions.filter((condition) => condition !== 'live')).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('hold everything while Intercom is down, and then send the newest first', async () => {
    const { play, attempts, standing, ledger } = start([answered(200)]);
    standing.outage(planned.length * 10 + 100);
    await play();
    const lines = [...ledger.lines()].filter((line) => !isStrangers(line));
    expect(lines.map(({ held }) => held)).toEqual(own.map(() => 'outage'));
    expect(lines.map(({ id }) => id)).toEqual(own.map((each) => identify(each, facts).id).toReversed());
    await attempts.end('stopped');
  });

  it('leave at once, but for retries, when the subscription is revived', async () => {
    const { playUntil, clock, attempts, standing } = start([answered(429), answered(500)]);
    const begin = async (each: Planned) => {
      attempts.begin({ planned: each, manner: 'whole' }, clock.nowMs);
      await playUntil(clock.nowMs);
    };
    for (const each of own.slice(0, 3)) await begin(each);
    expect(attempts.counts()).toMatchObject({ sent: 2, held: 1, awaitingRetry: 2 });
    expect(attempts.waitingDueMs()).toBeGreaterThan(clock.nowMs);
    standing.revive();
    attempts.revived();
    expect(attempts.waitingDueMs()).toBe(clock.nowMs);
    attempts.resume();
    attempts.resume();
    expect(attempts.counts()).toMatchObject({ inFlight: 2, held: 0, awaitingRetry: 1 });
    expect(attempts.waitingDueMs()).toBe(policy.retryAfterMs);
    await attempts.end('stopped');
  });

  it('send again, as the same attempt, what the sender broke off', async () => {
    const { play, ledger, tally, attempts } = start([answered(200), aborted]);
    await play();
    await attempts.end('stopped');
    expect(tally.report().intercom).toMatchObject({ errors: 0, retried: 0, dropped: 0, delivered: 45 });
    expect([...ledger.lines()].some((line) => line.attempts.length > 1)).toBe(true);
  });
});

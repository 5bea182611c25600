import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { How } from '#operator/kube/caller.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { type Call, KubeError } from '#operator/kube/kube-error.ts';
import type { Desired, KubeObject } from '#operator/kube/resource.ts';
import { campaign, type Leadership, type LeadershipChange } from '#operator/leader/campaign.ts';
import { LEASES } from '#operator/leader/lease.ts';
import { createFakeClock, type FakeClock } from '#test/support/fake-clock.ts';

/** How long a request is on its way to the server, and its answer back; null where it never arrives. */
interface Journey {
  readonly thereMs: number | null;
  readonly backMs: number | null;
}

const REF = { namespace: 'intercom-system', name: 'operator' };
const CALL: Call = { verb: 'replace', resource: LEASES, ref: REF };

/**
 * The API server's rules for one Lease, over a network as bad as `journey` has it: a request may be carried out long after
 * the one who sent it has given up.
 */
function leaseServer(clock: FakeClock) {
  let stored: KubeObject | null = null;
  let version = 0;
  let writes = 0;
  const store = (desired: Desired): KubeObject => {
    version += 1;
    writes += 1;
    const metadata = { ...REF, uid: 'u', resourceVersion: String(version) };
    stored = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...desired, metadata };
    return stored;
  };
  const refuse = (kind: KubeError['kind']): never => {
    throw new KubeError(kind, CALL, 'refused');
  };

  const reach = (journey: () => Journey): Pick<Kube, 'get' | 'create' | 'replace'> => {
    const call = <T>({ timeoutMs = 1000, signal }: How, carryOut: () => T): Promise<T> => {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const { thereMs, backMs } = journey();
      const answer = () => {
        let settle: () => void;
        try {
          const result = carryOut();
          settle = () => resolve(result);
        } catch (error) {
          settle = () => reject(error);
        }
        if (backMs !== null) clock.after(backMs, settle);
      };
      if (thereMs !== null) clock.after(thereMs, answer);
      const cancel = clock.after(timeoutMs, () => reject(new KubeError('timed-out', CALL, 'no answer')));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      return promise.finally(cancel);
    };
    return {
      get: (_resource, _ref, how) => call(how, () => stored),
      create: (_resource, desired, how) =>
        call(how, () => (stored === null ? store(desired) : refuse('already-exists'))),
      replace: (_resource, desired, how) => {
        const expected = (desired as KubeObject).metadata.resourceVersion;
        return call(how, () => (expected === String(version) ? store(desired) : refuse('conflict')));
      },
    };
  };
  return { reach, spec: () => stored?.['spec'], label: () => store(stored ?? {}), writes: () => writes };
}

const QUICK: Journey = { thereMs: 5, backMs: 5 };
const DEAD: Journey = { thereMs: null, backMs: null };

function candidate(clock: FakeClock, server: ReturnType<typeof leaseServer>, identity: string, journey = () => QUICK) {
  const stop = new AbortController();
  const changes: LeadershipChange['kind'][] = [];
  let leadership: Leadership | null = null;
  const ended = campaign(
    {
      kube: server.reach(journey),
      ref: REF,
      identity,
      clock,
      date: () => new Date(clock.now()),
      random: () => 0.5,
      onChange: ({ kind }) => changes.push(kind),
    },
    async (mine) => {
      leadership = mine;
      await new Promise<void>((resolve) => mine.signal.addEventListener('abort', () => resolve(), { once: true }));
    },
    stop.signal,
  );
  return { changes, ended, stop: () => stop.abort(new Error('stop')), leads: () => leadership?.isHeld() === true };
}

describe('a campaign', () => {
  it('makes one leader, who stays so', async () => {
    const clock = createFakeClock();
    const server = leaseServer(clock);
    const [a, b] = [candidate(clock, server, 'a'), candidate(clock, server, 'b')];
    await clock.run(60_000, 100);
    expect([a.leads(), b.leads()].filter(Boolean)).toHaveLength(1);
    expect([...a.changes, ...b.changes]).toEqual(['elected']);
    // One to take it, then one every two seconds.
    expect(server.writes()).toBeGreaterThan(25);
    expect(server.writes()).toBeLessThan(32);
    a.stop();
    b.stop();
    await clock.run(1000, 100);
    await Promise.all([a.ended, b.ended]);
    expect(clock.timers).toBe(0);
  });

  it('hands over within two seconds when the leader stops', async () => {
    const clock = createFakeClock();
    const server = leaseServer(clock);
    const a = candidate(clock, server, 'a');
    await clock.run(1000, 100);
    const b = candidate(clock, server, 'b');
    await clock.run(5000, 100);
    expect([a.leads(), b.leads()]).toEqual([true, false]);
    a.stop();
    await clock.run(2000, 100);
    expect([a.leads(), b.leads()]).toEqual([false, true]);
    expect(server.spec()).toMatchObject({ holderIdentity: 'b', leaseTransitions: 2 - 1 });
    b.stop();
    await clock.run(1000, 100);
    await b.ended;
    expect(server.spec()).toMatchObject({ holderIdentity: '' });
  });

  it('replaces a leader that is cut off, who knows by then that it is none', async () => {
    const clock = createFakeClock();
    const server = leaseServer(clock);
    let journey = QUICK;
    const a = candidate(clock, server, 'a', () => journey);
    await clock.run(1000, 100);
    const b = candidate(clock, server, 'b');
    await clock.run(5000, 100);
    journey = DEAD;
    let lostAtMs = 0;
    let wonAtMs = 0;
    const cutAtMs = clock.now();
    await clock.run(15_000, 100, () => {
      if (lostAtMs === 0 && !a.leads()) lostAtMs = clock.now();
      if (wonAtMs === 0 && b.leads()) wonAtMs = clock.now();
    });
    expect(lostAtMs - cutAtMs).toBeLessThanOrEqual(7_100);
    expect(wonAtMs).toBeGreaterThan(lostAtMs);
    expect(wonAtMs - cutAtMs).toBeLessThan(12_500);
    expect(a.changes).toContain('lost');
    for (const each of [a, b]) each.stop();
    await clock.run(10_000, 100);
    await Promise.all([a.ended, b.ended]);
  });

  it('keeps a lease that somebody else has only written something into', async () => {
    const clock = createFakeClock();
    const server = leaseServer(clock);
    const a = candidate(clock, server, 'a');
    await clock.run(1000, 100);
    server.label();
    await clock.run(20_000, 100);
    expect(a.changes).toEqual(['elected']);
    a.stop();
    await clock.run(1000, 100);
    await a.ended;
  });

  it('ends with what the work fails with, and leaves the lease free', async () => {
    const clock = createFakeClock();
    const server = leaseServer(clock);
    const ended = campaign(
      { kube: server.reach(() => QUICK), ref: REF, identity: 'a', clock, date: () => new Date(0), random: () => 0 },
      () => Promise.reject(new Error('out of ideas')),
      new AbortController().signal,
    );
    const caught = ended.catch((error: unknown) => error);
    await clock.run(3000, 100);
    expect(await caught).toMatchObject({ message: 'out of ideas' });
    expect(server.spec()).toMatchObject({ holderIdentity: '' });
  });
});

interface Phase {
  readonly forMs: number;
  readonly journey: Journey;
}

const lateMs = fc.integer({ min: 300, max: 15_000 });
const journey: fc.Arbitrary<Journey> = fc.oneof(
  fc.constant(QUICK),
  fc.constant(DEAD),
  fc.record({ thereMs: fc.constant(5), backMs: fc.oneof(lateMs, fc.constant(null)) }),
  fc.record({ thereMs: lateMs, backMs: fc.constant(5) }),
  fc.record({ thereMs: fc.integer({ min: 5, max: 3_400 }), backMs: fc.integer({ min: 5, max: 3_400 }) }),
);
/** How a candidate's network is for a while, again and again. */
const network: fc.Arbitrary<Phase[]> = fc.array(
  fc.record({ forMs: fc.integer({ min: 1_000, max: 20_000 }), journey }),
  {
    minLength: 1,
    maxLength: 4,
  },
);

function journeyAt(phases: readonly Phase[], nowMs: number): Journey {
  let left = nowMs % phases.reduce((sum, { forMs }) => sum + forMs, 0);
  for (const phase of phases) {
    if (left < phase.forMs) return phase.journey;
    left -= phase.forMs;
  }
  return QUICK;
}

it('never has two leaders at once, however late or lost what they say is', async () => {
  let elections = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(network, network, network),
      fc.integer({ min: 5_000, max: 50_000 }),
      async (ways, stopMs) => {
        const clock = createFakeClock();
        const server = leaseServer(clock);
        const candidates = ways.map((way, i) => candidate(clock, server, `c${i}`, () => journeyAt(way, clock.now())));
        const check = () => expect(candidates.filter((each) => each.leads()).length).toBeLessThanOrEqual(1);
        await clock.run(stopMs, 200, check);
        candidates[0]?.stop();
        await clock.run(100_000 - stopMs, 200, check);
        for (const each of candidates) each.stop();
        await clock.run(20_000, 200, check);
        await Promise.all(candidates.map(({ ended }) => ended));
        elections += candidates.flatMap(({ changes }) => changes).filter((kind) => kind === 'elected').length;
      },
    ),
    { numRuns: 60 },
  );
  expect(elections).toBeGreaterThan(60);
});

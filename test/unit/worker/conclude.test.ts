import { headers } from '@nats-io/transport-node';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Claim } from '#services/worker/claims/port.ts';
import { conclude } from '#services/worker/conclude.ts';
import type { Effect } from '#services/worker/effect.ts';
import { EffectsRefused } from '#services/worker/effect-store.ts';
import { createWorkerMetrics } from '#services/worker/metrics.ts';
import { later, OVER } from '#services/worker/worked.ts';
import { createLogger } from '#shared/logger.ts';

const CLOSE: Effect = { type: 'close', admin_id: '7', conversation_id: '1' };
const MAX_BACKOFF_MS = 60_000;

/** What stands at the borders writes down what it is asked, and answers at once. */
function scene(put: () => Promise<'stored'>) {
  const asked: unknown[] = [];
  const record = {
    v: 1,
    state: 'claimed',
    owner: 'w',
    attempts: 2,
    misses: 0,
    crashes: 0,
    firstAt: 0,
    leaseMs: 1_000,
  } as const;
  const claim: Claim = {
    record,
    renew: async () => true,
    release: async () => true,
    finish: async (outcome) => asked.push(['finish', outcome]) > 0,
    retryLater: async (postponement) => asked.push(['retryLater', postponement]) > 0,
  };
  const deps = {
    effects: {
      put: async () => {
        asked.push(['put']);
        return await put();
      },
    },
    deadLetters: { put: async () => undefined },
    policy: {
      maxAgeMs: 1e9,
      maxAttempts: 5,
      minBackoffMs: 50,
      maxBackoffMs: MAX_BACKOFF_MS,
      eventsRetentionMs: 1e9,
    },
    metrics: createWorkerMetrics(new Registry(), () => ({ inFlight: 0, held: 0, fullness: 0, isHandlerAway: false })),
    logger: createLogger('test', 'silent', {}),
  };
  const stored = {
    topic: 'a.b',
    id: '1',
    appId: 'app',
    key: 'conversation/1',
    createdAt: null,
    receivedAtMs: 0,
    redrive: '',
  };
  const message = {
    seq: 7,
    headers: headers(),
    data: new Uint8Array(),
    storedAtMs: 0,
    consumerSeq: 7,
    ack: () => undefined,
    nak: () => undefined,
    working: () => undefined,
  };
  const settlement = { kind: 'done', effects: [CLOSE] } as const;
  const run = () => conclude({ message, stored, claim, settlement, answer: '', nowMs: 1_000 }, deps);
  const troubles = async () => (await deps.metrics.storeTrouble.get()).values.map(({ value }) => value);
  return { asked, run, troubles };
}

describe('an answer that asks for something', () => {
  it('is done when that is stored, and not before', async () => {
    const { asked, run } = scene(async () => 'stored');
    expect(await run()).toEqual(OVER);
    expect(asked).toEqual([['put'], ['finish', 'handled']]);
  });

  it('is tried again where the broker did not confirm it, until it does', async () => {
    let tries = 0;
    const { asked, run } = scene(async () => {
      tries += 1;
      if (tries === 1) throw new Error('no answer');
      return 'stored';
    });
    expect(await run()).toEqual(OVER);
    expect(asked).toEqual([['put'], ['put'], ['finish', 'handled']]);
  });

  it('waits as long as it may, at no cost of an attempt, where there is no room', async () => {
    const { asked, run, troubles } = scene(() => Promise.reject(new EffectsRefused('full')));
    expect(await run()).toEqual(later(MAX_BACKOFF_MS, 'retry'));
    const postponement = { countsAttempt: false, notBeforeMs: 1_000 + MAX_BACKOFF_MS, delayMs: MAX_BACKOFF_MS };
    expect(asked).toEqual([['put'], ['retryLater', postponement]]);
    expect(await troubles()).toEqual([1]);
  });
});

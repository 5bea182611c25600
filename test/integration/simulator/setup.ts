import { createHmac } from 'node:crypto';
import { pino } from 'pino';
import { afterEach, expect } from 'vitest';
import type { SendInput } from '#services/simulator/requests.ts';
import type { RunProgress } from '#services/simulator/run.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '#services/simulator/simulator.ts';
import { type Answer, notificationOf, type Received, type Receiver, startReceiver } from './receiver.ts';

export const SUBSCRIPTION = { secret: 'sending-test-secret', appId: 'abc12345' } as const;

const logger = pino({ level: 'silent' });

const toClose: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

/** A receiver that ends with the test. */
export async function receiver(answer: (received: Received, before: number) => Answer): Promise<Receiver> {
  const started = await startReceiver(answer);
  toClose.push(started.close);
  return started;
}

/** A simulator in a hurry that ends with the test. */
export async function simulator(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const started = await startSimulator({ logger, seed: 1, patienceMs: 2000, retryAfterMs: 50, ...options });
  toClose.push(started.close);
  return started;
}

/** HEAD and ping are answered 200 already; `answer` decides on the notifications, numbered from 0. */
export async function subscribed(
  answer: (received: Received, before: number) => Answer,
  options: Partial<SimulatorOptions> = {},
): Promise<{ endpoint: Receiver; intercom: Simulator }> {
  const endpoint = await receiver((received, before) => {
    if (received.method === 'HEAD' || notificationOf(received).topic === 'ping') return 200;
    return answer(received, before - 1);
  });
  const intercom = await simulator(options);
  expect(await intercom.saveUrl({ url: endpoint.url, ...SUBSCRIPTION })).toMatchObject({ saved: true });
  return { endpoint, intercom };
}

/** Sends a run, ten notifications where nothing else is said, and awaits its end. */
export async function sendAll(intercom: Simulator, request: Partial<SendInput> = {}): Promise<RunProgress> {
  const result = intercom.send({ count: 10, ratePerSecond: 1000, ...request });
  if (result.kind === 'refused') throw new Error(result.reason);
  return result.finished;
}

/** What arrived but the ping. */
export function sent({ posts }: Receiver): Received[] {
  return posts().filter((post) => notificationOf(post).topic !== 'ping');
}

/** Whether it bears the signature of exactly its bytes. */
export function isTrue({ headers, bytes }: Received): boolean {
  const digest = createHmac('sha1', SUBSCRIPTION.secret).update(bytes).digest('hex');
  return headers['x-hub-signature'] === `sha1=${digest}`;
}

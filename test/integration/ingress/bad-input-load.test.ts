import { afterEach, beforeEach, expect, it } from 'vitest';
import { STREAMS } from '#shared/contract.ts';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { send } from './client.ts';
import { type IngressProcess, startIngressProcess } from './process.ts';
import { notification, PATH, post, sign } from './setup.ts';

trackLeaks();

const PER_SECOND = 2_000;
const DURATION_MS = 3_000;
/** Connections at a time; where the machine is too slow for the rate, fewer requests are sent in the time. */
const SENDERS = 64;

let broker: Broker;
let ingress: IngressProcess;

beforeEach(async () => {
  broker = await startBroker();
  ingress = await startIngressProcess({ natsUrl: broker.server.url });
});

afterEach(async () => {
  await ingress.child.close();
  await broker.close();
});

/** Sends every request on a connection of its own, at {@link PER_SECOND} at most. @returns how many got which status */
async function load(isForged: (i: number) => boolean): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  const startedMs = performance.now();
  let sent = 0;
  const due = () => Math.min(PER_SECOND * (DURATION_MS / 1000), (performance.now() - startedMs) * (PER_SECOND / 1000));
  const sender = async () => {
    while (performance.now() - startedMs < DURATION_MS) {
      await until(() => sent < due() || performance.now() - startedMs >= DURATION_MS, {
        describe: 'the next',
        everyMs: 5,
      });
      const i = sent++;
      const body = notification({ id: `load-${i}` });
      const headers = { 'x-hub-signature': isForged(i) ? sign(`${body} `) : sign(body) };
      const { status } = await send(ingress.port, 'POST', PATH, { headers, body });
      const name = `${status} ${isForged(i) ? 'forged' : 'good'}`;
      statuses[name] = (statuses[name] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return statuses;
}

it.each([
  ['good requests', () => false],
  ['forgeries among the good', (i: number) => i % 3 !== 0],
])('answers and stores rightly with a connection for each request: %s', async (_name, isForged) => {
  const statuses = await load(isForged);
  const { '200 good': good = 0, '401 forged': forged = 0, ...others } = statuses;
  expect(others).toEqual({});
  expect(good).toBeGreaterThan(100);
  expect(await ingress.answers()).toEqual({
    'stored 200': good,
    ...(forged > 0 ? { 'signature_wrong 401': forged } : {}),
  });
  const { state } = await broker.manager.streams.info(STREAMS.events(TOKEN));
  expect(state.messages).toBe(good);
  // One line for ten seconds, however many were refused.
  expect(ingress.child.log().match(/signature refused/g)?.length ?? 0).toBeLessThanOrEqual(forged > 0 ? 3 : 0);
  expect((await post(ingress.url, notification({ id: 'after' }))).status).toBe(200);
});

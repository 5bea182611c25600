import { afterEach, beforeEach, expect, it } from 'vitest';
import { claimKey } from '#services/worker/claims/key.ts';
import { keyValueClaims } from '#services/worker/claims/key-value.ts';
import { Outbox } from '#services/worker/outbox.ts';
import { BUCKETS } from '#shared/contract.ts';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { startHandler, type TestHandler } from './handler.ts';
import { startWorker, store, untilDeadLetters, untilSettled, type WorkerProcess } from './setup.ts';

trackLeaks();

let broker: Broker;
let handler: TestHandler;
let worker: WorkerProcess | null = null;

beforeEach(async () => {
  broker = await startBroker();
  handler = await startHandler(() => ({ status: 200 }));
});
afterEach(async () => {
  await worker?.close();
  await handler.close();
  await broker.close();
});

/** Claims a notification so often, and each time never comes back. */
async function crash(id: string, times: number): Promise<void> {
  const options = {
    nc: broker.connection,
    outbox: new Outbox(),
    bucket: BUCKETS.claims(TOKEN),
    owner: 'crashed',
    leaseMs: 100,
  };
  const claims = keyValueClaims(options);
  for (let time = 0; time < times; time += 1) {
    await until(async () => (await claims.claim(claimKey('support', `abc12345:${id}`))).kind === 'claimed', {
      describe: 'the claim before to run out',
    });
  }
}

it('gives up what five workers died of, without calling the handler again', async () => {
  await crash('four', 4);
  await crash('five', 5);
  await store(broker, 'four');
  await store(broker, 'five');
  worker = await startWorker(broker.server.url, { HANDLER_URL: handler.url });
  const [letter] = await untilDeadLetters(broker, 1);
  expect(letter?.header('Icw-Id')).toBe('five');
  expect(letter?.header('Icw-Dead-Reason')).toBe('CrashedWorker');
  expect(letter?.header('Icw-Dead-Attempts')).toBe('0');
  await untilSettled(broker);
  expect(handler.calls.map(({ id }) => id)).toEqual(['four']);
});

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { decodeEffect } from '#services/worker/effect.ts';
import { STREAMS } from '#shared/contract.ts';
import { type Broker, startBroker, storedDeadLetters } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type HandlerAnswer, startHandler, type TestHandler } from './handler.ts';
import { startWorker, store, untilDeadLetters, untilSettled, type WorkerProcess } from './setup.ts';

trackLeaks();

let broker: Broker;
let handler: TestHandler;
let worker: WorkerProcess;

beforeAll(async () => {
  broker = await startBroker();
});

afterEach(async () => {
  await worker.close();
  await handler.close();
});

afterAll(() => broker.close());

async function handle(id: string, answer: HandlerAnswer): Promise<void> {
  handler = await startHandler(() => answer);
  worker = await startWorker(broker.server.url, { HANDLER_URL: handler.url });
  await store(broker, id);
  await handler.untilCalls(1);
  await untilSettled(broker);
}

async function effectsOf(conversation: string) {
  const { streams } = broker.manager;
  const { state } = await streams.info(STREAMS.effects);
  const effects = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq += 1) {
    const message = await streams.getMessage(STREAMS.effects, { seq });
    if (message?.header.get('Icw-Key') !== `conversation/${conversation}`) continue;
    effects.push(decodeEffect(Buffer.from(message.data).toString()));
  }
  return effects;
}

const json = (value: unknown): HandlerAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

it('what a handler asks for is stored before its notification is done', async () => {
  const reply = { type: 'reply', admin_id: '7', body: 'Hello' };
  const close = { type: 'close', admin_id: '7' };
  await handle('asking', json({ effects: [reply, close] }));
  expect(await effectsOf('cv-asking')).toEqual([
    { ...reply, conversation_id: 'cv-asking' },
    { ...close, conversation_id: 'cv-asking' },
  ]);
});

it('an effect that cannot be makes a dead letter that names the field and no value, after one call', async () => {
  await handle('bad', json({ effects: [{ type: 'note', admin_id: '7', text: 'about Anna' }] }));
  const [letter] = await untilDeadLetters(broker, 1);
  expect(handler.calls).toHaveLength(1);
  expect(letter?.header('Icw-Dead-Reason')).toBe('BadEffect');
  expect(letter?.header('Icw-Dead-Detail')).toContain('effects[0].body');
  expect(JSON.stringify(['Icw-Dead-Detail', 'Icw-Dead-Answer'].map((name) => letter?.header(name)))).not.toContain(
    'Anna',
  );
  expect(await effectsOf('cv-bad')).toEqual([]);
});

it('an answer in text asks for nothing, however long it is', async () => {
  const before = await storedDeadLetters(broker);
  await handle('text', { status: 200, body: '{"effects": "ok"} '.repeat(10_000) });
  expect(handler.calls).toHaveLength(1);
  expect(await storedDeadLetters(broker)).toHaveLength(before.length);
  expect(await effectsOf('cv-text')).toEqual([]);
});

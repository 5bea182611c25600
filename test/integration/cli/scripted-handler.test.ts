import { Agent, request } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CONTROL, HandlerState, type Manner, type Order } from '#cli/drill/handler/order.ts';
import { ScriptedHandler } from '#cli/drill/handler/server.ts';
import { freePort } from '#cli/local/free-port.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

let handler: ScriptedHandler;
let url: string;
let agent: Agent;
let log: (readonly [message: string, status: unknown])[];

beforeEach(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  log = [];
  agent = new Agent();
  handler = await ScriptedHandler.open({
    host: '127.0.0.1',
    port,
    workMs: 1,
    log: ({ status }, message) => log.push([message, status]),
  });
});

afterEach(async () => {
  await agent.destroy();
  await handler.close();
});

const call = (patienceMs = 2_000) =>
  request(url, {
    method: 'POST',
    headers: { 'idempotency-key': 'a:1:support' },
    body: '{}',
    dispatcher: agent,
    signal: AbortSignal.timeout(patienceMs),
  });
const put = (path: string, body: object) =>
  request(url + path, { method: 'PUT', body: JSON.stringify(body), dispatcher: agent });
const order = (manner: Manner, which: Order['which'] = { kind: 'all' }) => put(CONTROL.order, { manner, which });
const state = async () =>
  HandlerState.parse(await (await request(url + CONTROL.order, { dispatcher: agent })).body.json());

describe('a scripted handler', () => {
  it('does its work, and logs begin and end', async () => {
    const { statusCode, body } = await call();
    expect([statusCode, await body.text()]).toEqual([200, '{}']);
    expect(log).toEqual([
      ['call begins', undefined],
      ['call ends', 200],
    ]);
  });

  it('answers what it is told, until it is told otherwise', async () => {
    await order({ kind: 'answer', status: 429, retryAfterS: 3 }, { kind: 'one-in', times: 2 });
    const answers = [await call(), await call()];
    expect(answers.map(({ statusCode, headers }) => [statusCode, headers['retry-after']])).toEqual([
      [200, undefined],
      [429, '3'],
    ]);
    expect((await state()).met).toBe(1);
    await order({ kind: 'work' });
    expect((await call()).statusCode).toBe(200);
  });

  it('hangs until it is hung up on, which is no end that counts', async () => {
    await order({ kind: 'hang' });
    await expect(call(100)).rejects.toThrow('timeout');
    await until(() => log.length === 2, { describe: 'the end of the call' });
    expect(log[1]).toEqual(['call ends', null]);
  });

  it('drips bytes without an end', async () => {
    await order({ kind: 'trickle', everyMs: 5 });
    const { statusCode, body } = await call(200);
    expect(statusCode).toBe(200);
    await expect(body.text()).rejects.toThrow('timeout');
    await until(() => log.length === 2, { describe: 'the end of the call' });
    expect(log[1]).toEqual(['call ends', null]);
  });

  it('answers at length, and survives whoever does not want it all', async () => {
    const bytes = 4 * 1024 ** 2;
    await order({ kind: 'huge', bytes });
    expect((await (await call()).body.arrayBuffer()).byteLength).toBe(bytes);
    (await call()).body.destroy();
    await order({ kind: 'work' });
    expect((await call()).statusCode).toBe(200);
    expect(log.filter(([message]) => message === 'call ends').map(([, status]) => status)).toEqual([200, 200, 200]);
  });

  it('closes its port and opens it again', async () => {
    await put(CONTROL.flapping, { everyMs: 30, forMs: 50 });
    const refused = () =>
      call().then(
        () => false,
        () => true,
      );
    await until(refused, { describe: 'a refusal' });
    await until(async () => !(await refused()), { describe: 'an answer' });
    expect((await state()).openings).toBe(2);
  });
});

import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '#cli/local/free-port.ts';
import { type Simulator, startSimulator } from '#services/simulator/simulator.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type Receiver, startReceiver } from './receiver.ts';

trackLeaks();

const SECRET = 'control-test-secret';
const log: string[] = [];

let endpoint: Receiver;
let simulator: Simulator;

beforeAll(async () => {
  endpoint = await startReceiver(({ headers, method }) =>
    method === 'HEAD' || headers['x-hub-signature'] ? 200 : 401,
  );
  const logger = pino({ level: 'trace' }, { write: (line: string) => log.push(line) });
  simulator = await startSimulator({ logger, seed: 1, retryAfterMs: 50, maxNotifications: 100 });
});
afterAll(async () => {
  await simulator.close();
  await endpoint.close();
});

async function call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const headers = { connection: 'close' };
  const sending = { headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`${simulator.control.url}${path}`, {
    method,
    ...(body === undefined ? { headers } : sending),
  });
  return { status: response.status, text: await response.text() };
}

const json = ({ text }: { text: string }): unknown => JSON.parse(text);

describe('the control API', () => {
  it('refuses to send before a URL is saved', async () => {
    const answer = await call('POST', '/send', { count: 1, ratePerSecond: 1 });
    expect(answer.status).toBe(409);
    expect(json(answer)).toMatchObject({ error: 'no-subscription' });
  });

  it('says which field is wrong, and never repeats the secret', async () => {
    const answer = await call('POST', '/subscription', { url: 'ftp://example.com', secret: SECRET, appID: 'x' });
    expect(answer.status).toBe(400);
    expect(json(answer)).toMatchObject({
      error: 'invalid-request',
      issues: expect.arrayContaining([
        expect.objectContaining({ path: 'url' }),
        expect.objectContaining({ path: 'appId' }),
      ]),
    });
    expect(answer.text).not.toContain(SECRET);
  });

  it.each([
    { what: 'no body', body: undefined },
    { what: 'a count that is none', body: { count: 1.5, ratePerSecond: 1 } },
    { what: 'a topic outside the catalogue', body: { count: 1, ratePerSecond: 1, topics: ['user.created'] } },
    { what: 'more slow bodies than notifications', body: { count: 1, ratePerSecond: 1, slowBodies: 1, aborted: 1 } },
    { what: 'replays of nothing', body: { count: 0, ratePerSecond: 1, replays: 1 } },
    { what: 'no topic at all', body: { count: 1, ratePerSecond: 1, topics: [] } },
    { what: 'duplicates of nothing', body: { count: 0, ratePerSecond: 1, duplicates: 1 } },
    { what: 'a field nobody knows', body: { count: 1, ratePerSecond: 1, speed: 3 } },
  ])('refuses to send $what', async ({ body }) => {
    expect(await call('POST', '/send', body)).toMatchObject({ status: 400 });
  });

  it('answers 400 to what is not JSON and 404 with directions elsewhere', async () => {
    const notJson = await fetch(`${simulator.control.url}/send`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: '{"count":',
    });
    expect(notJson.status).toBe(400);
    expect(await notJson.json()).toEqual({ error: 'bad-request', message: 'the body is not JSON' });
    const elsewhere = await call('GET', '/');
    expect(elsewhere.status).toBe(404);
    expect(elsewhere.text).toContain('POST /send');
  });

  it('says which content type it takes, where another or none is given', async () => {
    for (const type of ['application/x-www-form-urlencoded', null]) {
      const answer = await fetch(`${simulator.control.url}/send`, {
        method: 'POST',
        headers: { connection: 'close', ...(type === null ? {} : { 'content-type': type }) },
        body: Buffer.from('{"count":1}'),
      });
      expect(answer.status).toBe(415);
      expect(await answer.json()).toEqual({
        error: 'bad-request',
        message: 'send JSON, with the header Content-Type: application/json',
      });
    }
  });

  it('answers 422 with what happened when the URL cannot be saved', async () => {
    const answer = await call('POST', '/subscription', {
      url: `http://127.0.0.1:${await freePort()}/`,
      secret: SECRET,
      appId: 'abc12345',
    });
    expect(answer.status).toBe(422);
    expect(json(answer)).toMatchObject({ saved: false, head: { error: expect.any(String) }, ping: null });
  });

  it('saves, sends, and reports', async () => {
    const saved = await call('POST', '/subscription', { url: endpoint.url, secret: SECRET, appId: 'abc12345' });
    expect(saved).toMatchObject({ status: 200 });
    const started = await call('POST', '/send', { count: 25, ratePerSecond: 500, duplicates: 2, unknownTopics: 1 });
    expect(started.status).toBe(202);
    const { run } = z.object({ run: z.string() }).parse(json(started));

    const progress = await until(
      async () => {
        const now = z.looseObject({ state: z.string() }).parse(json(await call('GET', `/runs/${run}`)));
        return now.state === 'finished' ? now : null;
      },
      { describe: 'the run to finish' },
    );
    expect(progress).toMatchObject({ planned: 28, sent: 28, report: { intercom: { delivered: 28 } } });

    const report = await call('GET', '/report');
    expect(json(report)).toMatchObject({
      lastSave: { url: endpoint.url, appId: 'abc12345', saved: true },
      runs: 1,
      sent: 28,
      intercom: { delivered: 28, errors: 0 },
      answers: { '200': 28 },
      latencyMs: { count: 28, p50: expect.any(Number), p99: expect.any(Number), p999: expect.any(Number) },
    });
    expect(report.text).not.toContain(SECRET);
  });

  it('lists the notifications as one JSON document a line', async () => {
    const { text } = await call('GET', '/notifications?run=1');
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(28);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([...simulator.notifications('1')]);
    expect(await call('GET', '/notifications?run=77')).toEqual({ status: 200, text: '' });
  });

  it('knows no run that never was', async () => {
    expect(await call('GET', '/runs/77')).toMatchObject({ status: 404 });
  });

  it('refuses a run that would not fit into what it may remember', async () => {
    const answer = await call('POST', '/send', { count: 73, ratePerSecond: 1000 });
    expect(answer.status).toBe(429);
    expect(json(answer)).toMatchObject({ error: 'too-many-notifications' });
    expect(await call('POST', '/send', { count: 72, ratePerSecond: 1000 })).toMatchObject({ status: 202 });
  });

  it('logs neither the secret nor a body', () => {
    const written = log.join('');
    expect(written).toContain('"msg":"listening"');
    expect(written).toContain('"msg":"run started"');
    expect(written).not.toContain(SECRET);
    expect(written).not.toContain('notification_event');
  });
});

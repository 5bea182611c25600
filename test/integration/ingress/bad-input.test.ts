import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Broker, type StoredMessage, startBroker, storedDeadLetters, storedEvents } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { rawConnection } from '#test/support/raw-connection.ts';
import { until } from '#test/support/until.ts';
import { BODIES } from './bad-input/bodies.ts';
import { FRAMING } from './bad-input/framing.ts';
import { REQUESTS } from './bad-input/requests.ts';
import { type BadInput, body, chunked, message, PLANTED } from './bad-input/row.ts';
import { SIGNATURES } from './bad-input/signatures.ts';
import { type IngressProcess, startIngressProcess } from './process.ts';
import { notification, PATH, post, SECRET, sign } from './setup.ts';

trackLeaks();

const INPUTS = [...SIGNATURES, ...BODIES, ...FRAMING, ...REQUESTS];
/** 410 unsubscribes, 429 delays and drops, a redirect is followed nowhere, and only a broker that is away makes a 503. */
const ALLOWED = [200, 400, 401, 404, 405, 408, 413, 431];
const PROBE = `HEAD ${PATH} HTTP/1.1\r\nHost: ingress\r\n\r\n`;
/** In `main.ts` of the ingress. */
const REQUEST_TIMEOUT_MS = 10_000;

let broker: Broker;
let ingress: IngressProcess;
let pid: number;
let good = 0;
const quietMs: number[] = [];
const meanwhileMs: number[] = [];

beforeAll(async () => {
  broker = await startBroker();
  ingress = await startIngressProcess({ natsUrl: broker.server.url, changes: { LOG_LEVEL: 'debug' } });
  pid = ingress.child.pid;
  // The first are slower than all others: code is compiled, a connection is opened.
  for (let i = 0; i < 50; i += 1) quietMs.push(await sendGood());
});

beforeEach(async () => {
  const { streams } = broker.manager;
  for await (const { config } of streams.list()) await streams.purge(config.name);
});

afterAll(async () => {
  await ingress.child.close();
  await broker.close();
});

/** Sends what has to be stored whatever else goes on. @returns how long that took */
async function sendGood(): Promise<number> {
  good += 1;
  const startedMs = performance.now();
  expect((await post(ingress.url, goodBody(good))).status).toBe(200);
  return performance.now() - startedMs;
}

const goodBody = (count: number): string => notification({ id: `good ${count}` });

/** Sends the input, and something good before and while it is read. @returns the statuses that came back on its connection */
async function sendBad({ bytes, answers, connection }: BadInput): Promise<number[]> {
  const sender = rawConnection(ingress.port);
  sender.write(bytes);
  meanwhileMs.push(Math.max(await sendGood(), await sendGood()));
  if (connection === 'kept') {
    await until(() => finalStatuses(sender.received).length >= answers.length, {
      describe: `${answers.length} answers`,
    });
    // Answered in order: what is still to come would come before it, and a connection out of step would not answer it.
    sender.write(PROBE);
    await until(() => finalStatuses(sender.received).length > answers.length, {
      describe: 'the connection to be usable',
    });
  } else {
    await sender.untilEnd();
  }
  sender.destroy();
  return finalStatuses(sender.received);
}

const finalStatuses = (received: string): number[] =>
  Array.from(received.matchAll(/^HTTP\/1\.1 ([2-5]\d\d) /gm), ([, status]) => Number(status));

/** Nine of ten are below. */
const ninthDecile = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.9)] ?? Number.POSITIVE_INFINITY;

const tally = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, names.filter((other) => other === name).length]));

function since(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  const changes = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(changes.filter(([, count]) => count > 0));
}

/** As text of one character a byte, in an order of its own: requests on two connections have none. */
const inOrder = (bodies: readonly Buffer[]): string[] => bodies.map((bytes) => bytes.toString('latin1')).toSorted();

describe('bad input', () => {
  it.each(INPUTS)('$name', async (input) => {
    const { answers, connection, events = [], deadLetters = [] } = input;
    const before = await ingress.answers();
    const expected = connection === 'kept' ? [...answers, 'probe 200'] : answers;
    expect(await sendBad(input)).toEqual(expected.map((name) => Number(name.split(' ')[1])));
    expect(since(before, await ingress.answers())).toEqual(tally([...expected, 'stored 200', 'stored 200']));
    const stored = async (messages: Promise<StoredMessage[]>) => inOrder((await messages).map(({ data }) => data));
    expect(await stored(storedEvents(broker))).toEqual(
      inOrder([...events, ...[good - 1, good].map((count) => Buffer.from(goodBody(count)))]),
    );
    expect(await stored(storedDeadLetters(broker))).toEqual(inOrder(deadLetters));
    const log = ingress.child.log();
    expect(log).not.toContain(PLANTED);
    expect(log).not.toContain(SECRET);
    // Signatures and digests, whole or in part.
    expect(log).not.toMatch(/[0-9a-f]{20}/i);
  });

  it('that is no request is refused, whatever came before it on its connection', async () => {
    const first = body('before what is none');
    const sender = rawConnection(ingress.port);
    sender.write(
      message({ body: `${first} and more`, signatures: [sign(first)], framing: [`Content-Length: ${first.length}`] }),
    );
    expect(finalStatuses(await sender.untilEnd()).at(-1)).toBe(400);
    sender.destroy();
    await sendGood();
    const stored = (await storedEvents(broker)).map(({ data }) => data.toString());
    expect(stored.filter((text) => text !== goodBody(good))).toEqual([first]);
  });

  it('of 64 kB of headers is refused', async () => {
    const sender = rawConnection(ingress.port);
    sender.write(message({ signatures: [`sha1=${PLANTED.padEnd(65_536, '0')}`] }));
    expect(finalStatuses(await sender.untilEnd())).toEqual([431]);
    sender.destroy();
  });

  it('that never ends is cut off within the time that a request may take, and holds up nobody', async () => {
    const text = body('stalled');
    const senders = [
      '',
      'POST',
      `GET ${PATH}\r\n`,
      message().subarray(0, -2),
      message({ body: text }).subarray(0, -1),
      message({
        framing: ['Transfer-Encoding: chunked'],
        signatures: [sign(text)],
        body: chunked([text]).slice(0, -2),
      }),
      message({ framing: ['Transfer-Encoding: chunked'], body: 'ffffffff\r\n' }),
      message({ framing: ['Content-Length: 100', 'Expect: 100-continue'] }),
    ].map((bytes) => {
      const sender = rawConnection(ingress.port);
      sender.write(bytes);
      return sender;
    });
    const before = await ingress.answers();
    const startedMs = performance.now();
    const allEnded = async () => {
      meanwhileMs.push(await sendGood());
      return senders.every(({ end }) => end === 'closed');
    };
    const waiting = { describe: 'the senders to be cut off', timeoutMs: 2 * REQUEST_TIMEOUT_MS, everyMs: 100 };
    await until(allEnded, waiting);
    expect(performance.now() - startedMs).toBeGreaterThan(REQUEST_TIMEOUT_MS / 2);
    for (const { received } of senders) expect(finalStatuses(received)).toEqual([408]);
    expect(since(before, await ingress.answers())).toMatchObject({ 'stalled 408': senders.length });
    expect((await storedEvents(broker)).filter(({ data }) => data.includes('stalled'))).toEqual([]);
  });
});

describe('after all of it', () => {
  it('nothing was answered that would make Intercom unsubscribe, wait or go elsewhere', async () => {
    const outcomes = Object.keys(await ingress.answers());
    expect(outcomes.length).toBeGreaterThan(12);
    for (const outcome of outcomes) expect(ALLOWED).toContain(Number(outcome.split(' ')[1]));
  });

  it('good requests have taken no longer meanwhile', () => {
    expect(meanwhileMs.length).toBeGreaterThan(INPUTS.length);
    expect(ninthDecile(meanwhileMs)).toBeLessThan(10 * ninthDecile(quietMs) + 50);
    // Intercom waits 5 s.
    expect(Math.max(...meanwhileMs)).toBeLessThan(2_500);
  });

  it('the process is the one that was started, and ends well', async () => {
    expect([ingress.child.isRunning, ingress.child.pid]).toEqual([true, pid]);
    await ingress.child.stop();
    expect(ingress.child.log()).toMatch(/"clean":true,"msg":"stopped"/);
  });
});

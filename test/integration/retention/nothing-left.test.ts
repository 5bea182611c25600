import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUCKETS, REDIS_PREFIX, STREAMS, type WorkerEnv } from '#shared/contract.ts';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { startRedisServer } from '#test/support/redis-server.ts';
import { until } from '#test/support/until.ts';
import { type IngressProcess, startIngressProcess } from '../ingress/process.ts';
import { post } from '../ingress/setup.ts';
import { type HandlerAnswer, startHandler, type TestHandler } from '../worker/handler.ts';
import { startWorker, TOPIC, untilSettled, type WorkerProcess } from '../worker/setup.ts';
import { filesWith } from './on-disk.ts';

trackLeaks();

/** What nobody may find when its time has passed: of a body, an id, an answer, an effect. */
const TEXTS = ['said-in-a-body', 'id-of-a-contact', 'said-in-an-answer', 'said-in-an-effect'];
const [BODY = '', CONTACT = '', ANSWER = '', EFFECT = ''] = TEXTS;
const RETENTION_MS = 6_000;
/** Servers look for what is over every second or less; this machine may be busy. */
const SOON = { timeoutMs: 4 * RETENTION_MS };

let broker: Broker;
let handler: TestHandler;
let worker: WorkerProcess | undefined;
let ingress: IngressProcess;
let spool: string;

beforeEach(async () => {
  broker = await startBroker({ retention: { events: '6s', deadLetters: '6s', claims: '6s' } });
  handler = await startHandler(({ id }) => answerOf(id));
  spool = `${temporaryFolder('spool')}/spool`;
  ingress = await startIngressProcess({
    natsUrl: broker.server.url,
    changes: { SPOOL_DIR: spool, EVENTS_RETENTION_MS: RETENTION_MS, DEAD_LETTER_TTL_MS: RETENTION_MS },
  });
});
afterEach(async () => {
  await worker?.close();
  await ingress.child.close();
  await handler.close();
  await broker.close();
});

/** One of three is handled, one is handled with an effect, one is refused. */
function answerOf(id: string): HandlerAnswer {
  const kind = Number(id.slice(1)) % 3;
  if (kind === 0) return { status: 200 };
  if (kind === 1) return { status: 422, body: ANSWER };
  const effect = { type: 'note', admin_id: '7', conversation_id: '42', body: EFFECT };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ effects: [effect] }) };
}

const bodyOf = (i: number): string =>
  JSON.stringify({
    app_id: 'abc12345',
    id: `n${i}`,
    topic: TOPIC,
    created_at: 1_700_000_000,
    data: {
      item: { type: 'conversation', id: String(i), contacts: [{ type: 'contact', id: CONTACT }], said: BODY },
    },
  });

const start = async (changes: Partial<WorkerEnv>): Promise<void> => {
  worker = await startWorker(broker.server.url, {
    HANDLER_URL: handler.url,
    EVENTS_RETENTION_MS: RETENTION_MS,
    CLAIMS_RETENTION_MS: RETENTION_MS,
    DEAD_LETTER_TTL_MS: RETENTION_MS,
    ...changes,
  });
};

async function sendAndHandle(): Promise<void> {
  const answers = Array.from({ length: 30 }, (_, i) => post(ingress.url, bodyOf(i)));
  answers.push(post(ingress.url, `not json, ${BODY}`));
  expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set([200]));
  await handler.untilCalls(30);
  await untilSettled(broker);
}

/** Messages in each stream. */
async function stored(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const { config, state } of broker.manager.streams.list()) counts[config.name] = state.messages;
  return counts;
}

const EVENTS = STREAMS.events(TOKEN);
const CLAIMS = `KV_${BUCKETS.claims(TOKEN)}`;

async function untilNothingIsLeft(): Promise<void> {
  const nothing = { [EVENTS]: 0, [STREAMS.deadLetters]: 0, [STREAMS.effects]: 0, [CLAIMS]: 0 };
  await until(
    async () => {
      expect(await stored()).toEqual(nothing);
      return true;
    },
    { describe: 'empty streams', ...SOON },
  );
  await until(
    async () => {
      expect(await filesWith(broker.server.storeDir, TEXTS)).toEqual([]);
      return true;
    },
    { describe: "nothing in nats-server's files" },
  );
  expect(await filesWith(spool, TEXTS)).toEqual([]);
}

describe('when the retention has passed', () => {
  it('nothing is left, with claims in JetStream', async () => {
    await start({});
    await sendAndHandle();
    expect(await stored()).toEqual({ [EVENTS]: 30, [STREAMS.deadLetters]: 11, [STREAMS.effects]: 10, [CLAIMS]: 30 });
    const found = await Promise.all(TEXTS.map((text) => filesWith(broker.server.storeDir, [text])));
    expect(found.every((files) => files.length > 0)).toBe(true);
    // A claim says nothing of what is in a notification, nor of whom; neither does a log.
    expect(found.flat().filter((path) => path.includes(CLAIMS))).toEqual([]);
    const logs = ingress.child.log() + (worker?.child.log() ?? '');
    expect(TEXTS.filter((text) => logs.includes(text))).toEqual([]);
    await untilNothingIsLeft();
  });

  it('nothing is left, with claims in Redis', async () => {
    const server = await startRedisServer({ config: { appendonly: 'yes' } });
    const redis = new Redis(server.url);
    try {
      await start({ REDIS_URL: server.url });
      await sendAndHandle();
      expect(await redis.dbsize()).toBe(30);
      expect(await filesWith(server.storeDir, TEXTS)).toEqual([]);
      await untilNothingIsLeft();
      await until(async () => (await redis.dbsize()) === 0, { describe: 'no keys', ...SOON });
      // Its file is a journal: keys stand in it until it is written anew.
      expect(await filesWith(server.storeDir, [REDIS_PREFIX.claims(TOKEN)])).not.toEqual([]);
      await redis.bgrewriteaof();
      await until(async () => (await filesWith(server.storeDir, [REDIS_PREFIX.claims(TOKEN)])).length === 0, {
        describe: "no keys in Redis's files",
      });
    } finally {
      await redis.quit();
      await worker?.close();
      await server.close();
    }
  });
});

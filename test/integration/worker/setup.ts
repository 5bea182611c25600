import { jetstream } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { request } from 'undici';
import * as z from 'zod';
import { freePort } from '#cli/local/free-port.ts';
import { CONSUMERS, STREAMS, WorkerEnv } from '#shared/contract.ts';
import { seal } from '#shared/envelope.ts';
import { readNotification } from '#shared/notification.ts';
import { type Broker, startBroker, storedDeadLetters, TOKEN } from '#test/support/broker.ts';
import { type Child, startChild, temporaryFolder } from '#test/support/child.ts';
import { WORKER_ENV } from '#test/support/environments.ts';
import { entryPoint } from '#test/support/image.ts';
import { until } from '#test/support/until.ts';

/** Short enough to be waited for in a test. */
export const ACK_WAIT_MS = 1_500;
export const LEASE_MS = 1_000;

export const TOPIC = 'conversation.user.replied';

/** Stores a notification as the ingress does; under a message id of its own where `again` is given. */
export async function store(broker: Broker, id: string, { body = bodyOf(id), again = '' } = {}): Promise<void> {
  const reading = readNotification(Buffer.from(body));
  if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
  const { subject, msgId, headers } = seal(TOKEN, reading.notification, Date.now());
  await jetstream(broker.connection).publish(subject, body, { msgID: `${msgId}${again}`, headers });
}

/** Each in a conversation of its own where none is said. */
export const bodyOf = (id: string, conversation = `cv-${id}`, createdAt = 1_700_000_000): string =>
  JSON.stringify({
    app_id: 'abc12345',
    id,
    topic: TOPIC,
    created_at: createdAt,
    data: { item: { type: 'conversation', id: conversation } },
  });

/** A broker for a handler without order, with the short ack wait of these tests. */
export async function startUnorderedBroker(): Promise<Broker> {
  const container = { image: 'registry.example/handler:1.4' };
  const broker = await startBroker({ handlers: [{ name: 'support', container, orderBy: 'None' }] });
  await broker.manager.consumers.update(STREAMS.events(TOKEN), CONSUMERS.unordered('support'), {
    ack_wait: nanos(ACK_WAIT_MS),
  });
  return broker;
}

/** Messages that no worker has taken yet, and those that one works on. */
export async function unsettled({ manager }: Broker): Promise<{ pending: number; unacknowledged: number }> {
  let pending = 0;
  let unacknowledged = 0;
  for await (const info of manager.consumers.list(STREAMS.events(TOKEN))) {
    pending += info.num_pending;
    unacknowledged += info.num_ack_pending;
  }
  return { pending, unacknowledged };
}

/** Resolves when every stored notification was handled or given up. */
export const untilSettled = (broker: Broker, timeoutMs = 15_000): Promise<boolean> =>
  until(
    async () => {
      const { pending, unacknowledged } = await unsettled(broker);
      if (pending + unacknowledged > 0) throw new Error(`${pending} pending, ${unacknowledged} not acknowledged`);
      return true;
    },
    { describe: 'everything to be settled', timeoutMs },
  );

export const untilDeadLetters = (broker: Broker, count: number) =>
  until(
    async () => {
      const letters = await storedDeadLetters(broker);
      return letters.length >= count ? letters : null;
    },
    { describe: `${count} dead letters` },
  );

export interface WorkerProcess {
  readonly child: Child;
  readonly innerUrl: string;
  readiness: () => Promise<{ status: number; text: string } | null>;
  /** Value of one series; 0 where it does not exist. */
  metric: (name: string, label: string) => Promise<number>;
  /** Kills it. An orderly end takes up to 2 s, as long as its last request to the stream: a test of it stops `child`. */
  close: () => Promise<void>;
}

/** A worker as a pod would run it, impatient so that tests are quick. */
export async function startWorker(natsUrl: string, changes: Partial<WorkerEnv>): Promise<WorkerProcess> {
  const innerPort = await freePort();
  const innerUrl = `http://127.0.0.1:${innerPort}`;
  const env: WorkerEnv = {
    ...WORKER_ENV,
    WEBHOOK_TOKEN: TOKEN,
    NATS_URL: [natsUrl],
    INNER_PORT: innerPort,
    CLAIM_LEASE_MS: LEASE_MS,
    RETRY_MIN_BACKOFF_MS: 50,
    RETRY_MAX_BACKOFF_MS: 200,
    ...changes,
  };
  const get = async (path: string) => {
    const { statusCode, body } = await request(`${innerUrl}${path}`, { reset: true });
    return { status: statusCode, text: await body.text() };
  };
  const readiness = () => get('/readyz').catch(() => null);
  const child = await startChild({
    name: 'worker',
    command: process.execPath,
    args: [entryPoint('worker')],
    folder: temporaryFolder('worker'),
    env: { PATH: process.env['PATH'], ...z.encode(WorkerEnv, env) },
    ready: async () => (await readiness()) !== null,
  });
  const metric = async (name: string, label: string) => {
    const line = (await get('/metrics')).text.split('\n').find((each) => each.startsWith(name) && each.includes(label));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  return { child, innerUrl, readiness, metric, close: () => child.close('SIGKILL') };
}

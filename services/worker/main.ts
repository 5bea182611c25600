import { readFile } from 'node:fs/promises';
import { CONSUMERS, STREAMS } from '#shared/contract.ts';
import { buildInnerServer, type Readiness } from '#shared/inner-server.ts';
import { stopAll, untilAskedToEnd } from '#shared/lifecycle.ts';
import { createLogger } from '#shared/logger.ts';
import { createRegistry } from '#shared/metrics.ts';
import { closeNats, connectNats } from '#shared/nats.ts';
import { workerConfig } from './config.ts';
import { consume } from './consume.ts';
import { createWorkerMetrics } from './metrics.ts';
import { Outbox } from './outbox.ts';
import { Slots } from './slots.ts';
import { wire } from './wiring.ts';

const config = workerConfig();
const labels = { namespace: config.WEBHOOK_NAMESPACE, webhook: config.WEBHOOK_NAME, handler: config.HANDLER };
const logger = createLogger('worker', config.LOG_LEVEL, { ...labels, pod: config.POD_NAME });
const registry = createRegistry(labels);
// First of all waits: process 1 of a container ignores signals that it has no handler for.
const asked = untilAskedToEnd();
const token = config.HANDLER_AUTH_FILE === '' ? null : (await readFile(config.HANDLER_AUTH_FILE, 'utf8')).trim();

let readiness: Readiness = { kind: 'not-ready', reason: `waiting for NATS at ${config.NATS_URL.join(', ')}` };
const inner = buildInnerServer({ readiness: () => readiness, registry });
await inner.listen({ host: config.HOST, port: config.INNER_PORT });

const connecting = connectNats({ urls: config.NATS_URL, name: `worker ${config.POD_NAME}` }, logger);
const connection = await Promise.race([connecting, asked.then(() => null)]);
if (connection === null) {
  logger.warn('asked to end before NATS was reached');
  process.exit(0);
}

const slots = new Slots(config.CONCURRENCY);
const outbox = new Outbox();
const metrics = createWorkerMetrics(registry, () => slots.taken);
const wired = wire(config, { connection, outbox, metrics, logger, token });
const ending = new AbortController();
const consuming = consume(
  {
    connection,
    stream: STREAMS.events(config.WEBHOOK_TOKEN),
    consumer: CONSUMERS.unordered(config.HANDLER),
    slots,
    outbox,
    work: wired.work,
    onState({ consuming, problem }) {
      readiness = consuming ? { kind: 'ready' } : { kind: 'not-ready', reason: `cannot pull: ${problem}` };
    },
    logger,
  },
  ending.signal,
);
logger.info({ url: config.HANDLER_URL, concurrency: config.CONCURRENCY }, 'started');

const signal = await asked;
readiness = { kind: 'not-ready', reason: 'draining' };
ending.abort();
logger.info({ signal, inFlight: slots.taken }, 'draining');
const finish = async () => {
  await consuming;
  await slots.untilIdle();
  outbox.flush();
};
// Ends within the pod's grace period, which is TIMEOUT_MS + 15 s: the deadlines add up to one second less.
const clean = await stopAll(
  [
    { name: 'calls', deadlineMs: config.TIMEOUT_MS + 5_000, run: finish },
    ...wired.stops,
    { name: 'nats', deadlineMs: 5_000, run: () => closeNats(connection) },
    { name: 'inner server', deadlineMs: 1_000, run: () => inner.close() },
  ],
  logger,
);
logger.info({ clean }, 'stopped');
process.exit(clean ? 0 : 1);

import { randomUUID } from 'node:crypto';
import { buildInnerServer, type Readiness } from '#shared/inner-server.ts';
import { required, stopAll, untilAskedToEnd } from '#shared/lifecycle.ts';
import { createLogger } from '#shared/logger.ts';
import { createRegistry } from '#shared/metrics.ts';
import { closeNats, connectNats } from '#shared/nats.ts';
import { mountedToken } from './bearer-token.ts';
import { natsTarget, workerConfig } from './config.ts';
import { startConsumption } from './consumption.ts';
import { createWorkerMetrics } from './metrics.ts';
import { Outbox } from './outbox.ts';
import { wire } from './wiring.ts';

const config = workerConfig();
const labels = { namespace: config.WEBHOOK_NAMESPACE, webhook: config.WEBHOOK_NAME, handler: config.HANDLER };
const logger = createLogger('worker', config.LOG_LEVEL, { ...labels, pod: config.POD_NAME });
const registry = createRegistry(labels);
// First of all waits: process 1 of a container ignores signals that it has no handler for.
const asked = untilAskedToEnd();
const token = await mountedToken(config.HANDLER_AUTH_FILE, logger);

let isEnding = false;
let readiness: Readiness = { kind: 'not-ready', reason: `waiting for NATS at ${config.NATS_URL.join(', ')}` };
const inner = buildInnerServer({ readiness: () => readiness, registry });
await inner.listen({ host: config.HOST, port: config.INNER_PORT });

const connecting = required(connectNats(natsTarget(config), logger), logger);
const connection = await Promise.race([connecting, asked.then(() => null)]);
if (connection === null) {
  logger.warn('asked to end before NATS was reached');
  process.exit(0);
}

const outbox = new Outbox();
// A process, not a pod: one that was restarted does not own what it held before.
const self = `${config.POD_NAME}/${randomUUID()}`;
const metrics = createWorkerMetrics(registry, () => ({
  inFlight: consumption.inFlight,
  held: consumption.held,
  fullness: consumption.fullness,
  isHandlerAway: wired.circuit.state !== 'closed',
}));
const wired = wire(config, { connection, self, outbox, metrics, logger, token });
const consumption = startConsumption(config, {
  connection,
  self,
  outbox,
  work: wired.work,
  pauseMs: () => wired.circuit.waitMs(Date.now()),
  onTakeover: () => metrics.takeovers.inc(),
  onTooEarly: () => metrics.skipped.inc({ reason: 'too_early' }),
  onState(problem) {
    if (isEnding) return;
    readiness = problem === '' ? { kind: 'ready' } : { kind: 'not-ready', reason: `cannot pull: ${problem}` };
  },
  logger,
});
logger.info({ url: config.HANDLER_URL, concurrency: config.CONCURRENCY }, 'started');

const signal = await asked;
isEnding = true;
readiness = { kind: 'not-ready', reason: 'draining' };
logger.info({ signal, inFlight: consumption.inFlight }, 'draining');
const finish = async () => {
  await consumption.end();
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

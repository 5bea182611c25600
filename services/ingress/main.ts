import { setTimeout as delay } from 'node:timers/promises';
import { buildInnerServer, type Readiness } from '#shared/inner-server.ts';
import { required, stopAll, untilAskedToEnd } from '#shared/lifecycle.ts';
import { createLogger } from '#shared/logger.ts';
import { createRegistry } from '#shared/metrics.ts';
import { connectNats } from '#shared/nats.ts';
import { ingressConfig, natsTarget, receiving } from './config.ts';
import { LIMITS } from './limits.ts';
import { closeServer, listen } from './listen.ts';
import { createIngressMetrics, reportInFlight } from './metrics.ts';
import { Observed } from './observed/observed.ts';
import { createIngressServer } from './server.ts';
import { SigningSecrets } from './signing-secrets.ts';
import { Uplink } from './uplink.ts';
import { openSpool, wire } from './wiring.ts';

const SECRETS_INTERVAL_MS = 2_000;
const REQUEST_TIMEOUT_MS = 10_000;

const config = ingressConfig();
const labels = { namespace: config.WEBHOOK_NAMESPACE, webhook: config.WEBHOOK_NAME };
const pod = { ...labels, pod: config.POD_NAME };
const logger = createLogger('ingress', config.LOG_LEVEL, pod);
const registry = createRegistry(labels);
const ending = new AbortController();
let readiness: Readiness = { kind: 'not-ready', reason: 'starting' };
// First of all waits: process 1 of a container ignores signals that it has no handler for.
const asked = untilAskedToEnd();

const secrets = await required(SigningSecrets.load(config.SIGNING_SECRETS_DIR, logger), logger);
secrets.watch(SECRETS_INTERVAL_MS, ending.signal);

const observed = new Observed({ ...pod, nowMs: Date.now });
const inner = buildInnerServer({ readiness: () => readiness, registry, observed: () => observed.document() });
await inner.listen({ host: config.HOST, port: config.INNER_PORT });

const connecting = required(connectNats(natsTarget(config), logger), logger);
const spool = await required(openSpool({ folder: config.SPOOL_DIR, maxBytes: config.SPOOL_MAX_BYTES }, logger), logger);

observed.reportSpool(() => spool.stats());
const metrics = createIngressMetrics(registry, () => spool.stats());
const { store, connected, stops } = wire(config, { spool, metrics, logger });
const uplink = new Uplink(connecting, connected, logger);
const { server, ...inFlight } = createIngressServer({
  ...receiving(config),
  limits: LIMITS,
  requestTimeoutMs: REQUEST_TIMEOUT_MS,
  maxStorableBytes: () => store.maxBodyBytes(),
  secrets: () => secrets.current(),
  store,
  isDraining: () => ending.signal.aborted,
  nowMs: Date.now,
  metrics,
  observed,
  logger,
});
reportInFlight(registry, { ...inFlight, waitingBytes: () => store.waitingBytes });

await uplink.untilReachedOrAway();
await listen(server, { host: config.HOST, port: config.PORT });
readiness = { kind: 'ready' };
logger.info({ port: config.PORT, path: config.WEBHOOK_PATH, topics: config.TOPICS.length }, 'listening');

const signal = await asked;
readiness = { kind: 'not-ready', reason: 'draining' };
ending.abort();
logger.info({ signal, drainDelayMs: config.DRAIN_DELAY_MS }, 'draining');
const clean = await stopAll(
  [
    { name: 'drain', deadlineMs: config.DRAIN_DELAY_MS + 1_000, run: () => delay(config.DRAIN_DELAY_MS) },
    { name: 'listener', deadlineMs: 12_000, run: () => closeServer(server, REQUEST_TIMEOUT_MS) },
    ...stops,
    { name: 'nats', deadlineMs: 5_000, run: () => uplink.close() },
    { name: 'inner server', deadlineMs: 1_000, run: () => inner.close() },
  ],
  logger,
);
logger.info({ clean }, 'stopped');
process.exit(clean ? 0 : 1);

import { buildInnerServer } from '#shared/inner-server.ts';
import { endOnFault, required, stopAll, untilAskedToEnd } from '#shared/lifecycle.ts';
import { createLogger } from '#shared/logger.ts';
import { createRegistry } from '#shared/metrics.ts';
import { systemClock as clock } from './clock.ts';
import { operatorConfig } from './config.ts';
import { connect } from './kube/connect.ts';
import { readinessOf } from './readiness.ts';
import { wire } from './wiring.ts';

const config = operatorConfig();
const logger = createLogger('operator', config.LOG_LEVEL, { pod: config.POD_NAME });
// Writes stop with the process, and the lease expires.
endOnFault(logger);
const registry = createRegistry({});
// First of all waits: process 1 of a container ignores signals that it has no handler for.
const asked = untilAskedToEnd();
const connection = await required(
  connect(config, () => clock.now()),
  logger,
);
const onStuck = (webhook: string) => {
  logger.fatal({ webhook }, 'a pass goes on beyond its deadline');
  process.exit(1);
};
const operator = wire(config, { connection, clock, logger, registry, onStuck });
const inner = buildInnerServer({ readiness: () => readinessOf(operator.problems()), registry });
await required(inner.listen({ host: config.HOST, port: config.INNER_PORT }), logger);
logger.info({ server: connection.server.href, namespace: connection.namespace }, 'started');

const stop = new AbortController();
const running = operator.run(stop.signal);
const signal = await asked;
logger.info({ signal }, 'handing over');
stop.abort(new Error('asked to end'));
const clean = await stopAll(
  [
    // What is under way ends, then the lease is released: others wait for no more than that.
    { name: 'leading', deadlineMs: 8_000, run: () => running },
    { name: 'watches', deadlineMs: 1_000, run: () => operator.close() },
    { name: 'inner server', deadlineMs: 1_000, run: () => inner.close() },
  ],
  logger,
);
logger.info({ clean }, 'stopped');
process.exit(clean ? 0 : 1);

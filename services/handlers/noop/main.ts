import { stopAll, untilAskedToEnd } from '#shared/lifecycle.ts';
import { createLogger } from '#shared/logger.ts';
import { handlerConfig } from '../config.ts';
import { buildHandlerServer } from '../server.ts';

/** Takes everything, does nothing: for trying out topics, and for measuring all that is around a handler. */
const config = handlerConfig();
const logger = createLogger('noop', 'info');
const app = buildHandlerServer(() => ({}));

await app.listen({ host: config.HOST, port: config.PORT });
logger.info({ port: config.PORT }, 'listening');
await untilAskedToEnd();
const clean = await stopAll([{ name: 'listener', deadlineMs: 10_000, run: () => app.close() }], logger);
process.exit(clean ? 0 : 1);

import { setTimeout as delay } from 'node:timers/promises';
import { stopAll, untilAskedToEnd } from '#shared/lifecycle.ts';
import { createLogger } from '#shared/logger.ts';
import { handlerConfig } from '../config.ts';
import { buildHandlerServer } from '../server.ts';

/**
 * Tells what it got: answers with the CloudEvents headers and the size of the body, and logs one line when a call begins
 * and one when it ends. `ECHO_DELAY_MS` makes it take its time.
 */
const config = handlerConfig();
const delayMs = Number(process.env['ECHO_DELAY_MS'] ?? 0);
const logger = createLogger('echo', 'info');

const app = buildHandlerServer(async ({ headers, body }) => {
  const fields = {
    idempotencyKey: headers['idempotency-key'],
    attempt: headers['x-delivery-attempt'],
    type: headers['ce-type'],
    subject: headers['ce-subject'],
  };
  logger.info(fields, 'call begins');
  if (delayMs > 0) await delay(delayMs);
  logger.info(fields, 'call ends');
  return { id: headers['ce-id'], ...fields, bytes: body.length };
});

await app.listen({ host: config.HOST, port: config.PORT });
logger.info({ port: config.PORT }, 'listening');
await untilAskedToEnd();
const clean = await stopAll([{ name: 'listener', deadlineMs: 10_000, run: () => app.close() }], logger);
process.exit(clean ? 0 : 1);

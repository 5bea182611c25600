import { handlerConfig } from '#services/handlers/config.ts';
import { stopAll, untilAskedToEnd } from '#shared/lifecycle.ts';
import { createLogger } from '#shared/logger.ts';
import { ScriptedHandler } from './server.ts';

/** The handler of the drills: does its work, which is to wait for `WORK_MS`, until it is told to do otherwise. */
const config = handlerConfig();
const logger = createLogger('scripted', 'info');
const handler = await ScriptedHandler.open({
  host: config.HOST,
  port: config.PORT,
  workMs: Number(process.env['WORK_MS'] ?? 30),
  log: (fields, message) => logger.info(fields, message),
});
logger.info({ port: config.PORT }, 'listening');
await untilAskedToEnd();
process.exit((await stopAll([{ name: 'listener', deadlineMs: 5_000, run: () => handler.close() }], logger)) ? 0 : 1);

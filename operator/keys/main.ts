import { randomBytes } from 'node:crypto';
import { required } from '#shared/lifecycle.ts';
import { asError, createLogger } from '#shared/logger.ts';
import { connect } from '../kube/connect.ts';
import { createKube } from '../kube/kube.ts';
import { keysConfig } from './config.ts';
import { lookAfterKeys } from './secret.ts';

/** Within the deadline of the Job, so that it is we who say what was waited for. */
const DEADLINE_MS = 60_000;

const config = keysConfig();
const secret = config.SECRET_NAME;
const logger = createLogger('keys', config.LOG_LEVEL, { action: config.ACTION, secretName: secret });
const connection = await required(
  connect(config, () => performance.now()),
  logger,
);
const kube = createKube({
  connection,
  fieldManager: 'intercom-operator-keys',
  userAgent: 'intercom-operator-keys',
  random: Math.random,
});
const deps = {
  kube,
  namespace: connection.namespace,
  chance: () => ({ operator: randomBytes(32), routes: randomBytes(32) }),
  nowMs: Date.now,
};
try {
  const { kind, ...more } = await lookAfterKeys(config, deps, AbortSignal.timeout(DEADLINE_MS));
  logger.info({ namespace: connection.namespace, ...more }, `the keys of NATS: ${kind}`);
} catch (error) {
  logger.fatal({ err: asError(error) }, 'the keys of NATS cannot be used');
  process.exitCode = 1;
} finally {
  kube.close();
}

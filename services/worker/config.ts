import { INBOXES, WorkerEnv } from '#shared/contract.ts';
import { readEnv } from '#shared/env.ts';
import type { NatsTarget } from '#shared/nats.ts';

/** The one reader of this process's environment. */
export const workerConfig = (env: Record<string, string | undefined> = process.env): WorkerEnv =>
  readEnv('worker', WorkerEnv, env);

export const natsTarget = (config: WorkerEnv): NatsTarget => ({
  urls: config.NATS_URL,
  name: `worker ${config.POD_NAME}`,
  credsFile: config.NATS_CREDS_FILE,
  caFile: config.NATS_CA_FILE,
  inboxPrefix: INBOXES.worker(config.WEBHOOK_TOKEN, config.HANDLER),
});

import { INBOXES, IngressEnv } from '#shared/contract.ts';
import { readEnv } from '#shared/env.ts';
import type { NatsTarget } from '#shared/nats.ts';

/** The one reader of this process's environment. */
export const ingressConfig = (env: Record<string, string | undefined> = process.env): IngressEnv =>
  readEnv('ingress', IngressEnv, env);

export const natsTarget = (config: IngressEnv): NatsTarget => ({
  urls: config.NATS_URL,
  name: `ingress ${config.POD_NAME}`,
  credsFile: config.NATS_CREDS_FILE,
  caFile: config.NATS_CA_FILE,
  inboxPrefix: INBOXES.ingress(config.WEBHOOK_TOKEN),
});

/** What of it says how requests are received. */
export const receiving = (config: IngressEnv) => ({
  webhook: config.WEBHOOK_TOKEN,
  path: config.WEBHOOK_PATH,
  topics: new Set(config.TOPICS),
  workspaces: new Set(config.WORKSPACES),
  maxBodyBytes: config.MAX_BODY_BYTES,
  deadLetterTtlMs: config.DEAD_LETTER_TTL_MS,
});

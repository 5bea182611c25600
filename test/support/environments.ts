import type { IngressEnv, WorkerEnv } from '#shared/contract.ts';

const COMMON = {
  POD_NAME: 'pod-1',
  WEBHOOK_NAMESPACE: 'crm',
  WEBHOOK_NAME: 'support',
  WEBHOOK_TOKEN: 'crm-support-c47f6a3fdd',
  HOST: '127.0.0.1',
  INNER_PORT: 9090,
  NATS_URL: ['nats://127.0.0.1:4222'],
  NATS_CREDS_FILE: '',
  NATS_CA_FILE: '',
  DEAD_LETTER_TTL_MS: 1_209_600_000,
  LOG_LEVEL: 'info' as const,
};

export const INGRESS_ENV: IngressEnv = {
  ...COMMON,
  PORT: 8080,
  WEBHOOK_PATH: '/intercom',
  TOPICS: ['conversation.user.created', 'a "quoted" topic\n'],
  WORKSPACES: [],
  MAX_BODY_BYTES: 1_048_576,
  SIGNING_SECRETS_DIR: '/var/run/secrets',
  DRAIN_DELAY_MS: 5_000,
  SPOOL_DIR: '/var/lib/spool',
  SPOOL_STORAGE: 'Ephemeral',
  SPOOL_MAX_BYTES: 67_108_864,
  EVENTS_RETENTION_MS: 604_800_000,
};

export const WORKER_ENV: WorkerEnv = {
  ...COMMON,
  HANDLER: 'support',
  HANDLER_URL: 'http://127.0.0.1:8080/',
  HANDLER_AUTH_FILE: '',
  CONCURRENCY: 16,
  ORDER_BY: 'Subject',
  TIMEOUT_MS: 60_000,
  RETRY_MAX_AGE_MS: 259_200_000,
  RETRY_MAX_ATTEMPTS: 20,
  RETRY_MIN_BACKOFF_MS: 1_000,
  RETRY_MAX_BACKOFF_MS: 600_000,
  EVENTS_RETENTION_MS: 604_800_000,
  CLAIMS_RETENTION_MS: 1_209_600_000,
  CLAIM_LEASE_MS: 10_000,
  WORKSPACE_REGIONS: { abc12345: 'EU' },
  REDIS_URL: '',
};

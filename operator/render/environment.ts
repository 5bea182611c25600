import * as z from 'zod';
import {
  CLAIM_LEASE_MS,
  DRAIN_DELAY_MS,
  HANDLER_AUTH_FILE,
  IngressSettings,
  MIN_SPOOL_BYTES,
  MOUNTS,
  NATS_CA_FILE,
  NATS_CREDS_FILE,
  PORTS,
  WorkerSettings,
  webhookToken,
} from '#shared/contract.ts';
import { parseBytes } from '../api/byte-size.ts';
import { parseDurationMs } from '../api/duration.ts';
import type { Handler } from '../api/spec-handler.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import type { RenderFacts } from './facts.ts';

/** The environments of our processes, encoded by the definitions that they parse them with. */

export const ALL_ADDRESSES = '0.0.0.0';

/** Load balancers outside the cluster learn later than kube-proxy that a pod is going. */
const LOAD_BALANCER_DRAIN_DELAY_MS = 20_000;

export const drainDelayMs = ({ spec }: IntercomWebhook): number =>
  spec.endpoint.type === 'LoadBalancer' ? LOAD_BALANCER_DRAIN_DELAY_MS : DRAIN_DELAY_MS;

export const spoolBytes = ({ spec }: IntercomWebhook): number =>
  Math.max(MIN_SPOOL_BYTES, parseBytes(spec.receiver.spool.size));

const common = ({ metadata, spec }: IntercomWebhook, facts: RenderFacts) => ({
  WEBHOOK_NAMESPACE: metadata.namespace,
  WEBHOOK_NAME: metadata.name,
  WEBHOOK_TOKEN: webhookToken(metadata.namespace, metadata.name),
  HOST: ALL_ADDRESSES,
  INNER_PORT: PORTS.inner,
  NATS_URL: [...facts.natsUrls],
  NATS_CREDS_FILE: facts.hasNatsCredentials === true ? `${MOUNTS.nats}/${NATS_CREDS_FILE}` : '',
  NATS_CA_FILE: facts.hasNatsAuthorities === true ? `${MOUNTS.nats}/${NATS_CA_FILE}` : '',
  DEAD_LETTER_TTL_MS: parseDurationMs(spec.retention.deadLetters),
  LOG_LEVEL: facts.logLevel,
});

export function ingressEnvironment(webhook: IntercomWebhook, facts: RenderFacts): Record<string, string> {
  const { endpoint, receiver, retention, topics, workspaces } = webhook.spec;
  return z.encode(IngressSettings, {
    ...common(webhook, facts),
    PORT: PORTS.webhook,
    WEBHOOK_PATH: endpoint.path,
    TOPICS: topics,
    WORKSPACES: workspaces.map(({ id }) => id),
    MAX_BODY_BYTES: receiver.maxBodyBytes,
    SIGNING_SECRETS_DIR: MOUNTS.signing,
    DRAIN_DELAY_MS: drainDelayMs(webhook),
    SPOOL_DIR: MOUNTS.spool,
    SPOOL_STORAGE: receiver.spool.storage,
    SPOOL_MAX_BYTES: spoolBytes(webhook),
    EVENTS_RETENTION_MS: parseDurationMs(retention.events),
  });
}

export function workerEnvironment(
  webhook: IntercomWebhook,
  handler: Handler,
  facts: RenderFacts,
): Record<string, string> {
  const { retention, workspaces } = webhook.spec;
  return z.encode(WorkerSettings, {
    ...common(webhook, facts),
    HANDLER: handler.name,
    HANDLER_URL: handlerUrl(webhook, handler),
    HANDLER_AUTH_FILE: handler.http?.authSecretKeyRef === undefined ? '' : `${MOUNTS.handlerAuth}/${HANDLER_AUTH_FILE}`,
    CONCURRENCY: handler.concurrency,
    ORDER_BY: handler.orderBy,
    TIMEOUT_MS: parseDurationMs(handler.timeout),
    RETRY_MAX_AGE_MS: parseDurationMs(handler.retry.maxAge),
    RETRY_MAX_ATTEMPTS: handler.retry.maxAttempts,
    RETRY_MIN_BACKOFF_MS: parseDurationMs(handler.retry.minBackoff),
    RETRY_MAX_BACKOFF_MS: parseDurationMs(handler.retry.maxBackoff),
    EVENTS_RETENTION_MS: parseDurationMs(retention.events),
    CLAIMS_RETENTION_MS: parseDurationMs(retention.claims),
    CLAIM_LEASE_MS,
    WORKSPACE_REGIONS: Object.fromEntries(workspaces.map(({ id, region }) => [id, region])),
    REDIS_URL: facts.redisUrl ?? '',
  });
}

/** Where the worker posts to: the sidecar on loopback, a Service of the namespace, or a URL. */
function handlerUrl({ metadata }: IntercomWebhook, { container, http }: Handler): string {
  if (container !== undefined) return `http://127.0.0.1:${container.port}${container.path}`;
  if (http?.url !== undefined) return http.url;
  if (http?.serviceRef !== undefined) {
    const { name, port, path } = http.serviceRef;
    return `http://${name}.${metadata.namespace}.svc:${port}${path}`;
  }
  return `http://127.0.0.1:${PORTS.builtinHandler}/`;
}

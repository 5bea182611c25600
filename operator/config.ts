import * as z from 'zod';
import { durationMs, json, port, readEnv, urlsWithoutLogin, urlWithoutLogin, whole } from '#shared/env.ts';
import { NetworkPeer } from './network-peer.ts';
import { watchedNamespaces } from './watched-namespaces.ts';

const name = z.string().min(1).max(253);

/** What the chart sets; nobody else writes or reads it. */
export const OperatorEnv = z.object({
  POD_NAME: name.describe('Unique among the replicas.'),
  HOST: name.default('0.0.0.0').describe('Address to listen on.'),
  INNER_PORT: port().describe('Port of health and metrics.'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe of what is logged, by the operator and by all that it renders.'),
  WATCH_NAMESPACES: watchedNamespaces()
    .prefault('')
    .describe('Namespaces whose resources are looked after, separated by commas; empty = every namespace.'),
  LEASE_NAME: name.default('intercom-operator').describe('Lease of the leader, in our own namespace.'),
  WORKERS: whole(1, 64).prefault('4').describe('Resources that are worked on at once.'),
  RESYNC_MS: durationMs().prefault('600000').describe('How often everything is looked at although nothing changed.'),
  IMAGE: z.string().min(1).max(1024).describe('Our own, of which every process that is rendered runs.'),
  IMAGE_PULL_SECRETS: json(z.array(name).max(16))
    .prefault('[]')
    .describe('Names of Secrets to pull it with, which have to be in the namespace of each resource.'),
  NATS_URL: urlsWithoutLogin(/^(nats|tls)$/).describe(
    'The servers of one cluster: `nats://` or `tls://`, separated by commas.',
  ),
  REDIS_URL: z
    .union([z.literal(''), urlWithoutLogin(/^rediss?$/)])
    .default('')
    .describe('Claims live in this Redis; empty = in JetStream.'),
  STREAM_REPLICAS: whole(1, 5).prefault('1').describe('Copies of each stream.'),
  SHARED_STREAM_BYTES: whole(1024 * 1024, Number.MAX_SAFE_INTEGER)
    .prefault(String(4 * 1024 ** 3))
    .describe('Of each stream that the webhooks of an account share: dead letters, effects.'),
  NATS_CREDS_FILE: z
    .string()
    .max(1024)
    .default('')
    .describe('What all processes log in to NATS with, where there is one user for all; empty = nothing is needed.'),
  NATS_CA_FILE: z
    .string()
    .max(1024)
    .default('')
    .describe(
      "PEM of the authorities that signed the NATS servers' certificates, for us and all that is rendered. With it only TLS " +
        'will do. Empty = those that Node.js trusts.',
    ),
  NATS_OPERATOR_SEED_FILE: z
    .string()
    .max(1024)
    .default('')
    .describe('Signing seed of a NATS operator (`SO…`): each namespace gets an account. Empty = one user for all.'),
  NATS_SYSTEM_CREDS_FILE: z
    .string()
    .max(1024)
    .default('')
    .describe('A user of the system account, where NATS was not configured by our own seed; empty = it was.'),
  NETWORK_POLICIES: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .prefault('true')
    .describe('Whether pods that are rendered get NetworkPolicies, which let in who has to and nobody else.'),
  METRICS_FROM: json(z.array(NetworkPeer).max(16))
    .prefault('[]')
    .describe('Who beside the operator reads their metrics: peers of a NetworkPolicy.'),
  KUBECONFIG: z
    .string()
    .max(4096)
    .default('')
    .describe('Where we are in no pod, or want another cluster; empty = as a pod does.'),
  KUBERNETES_SERVICE_HOST: z.string().max(253).default('').describe('The API server, set by the kubelet.'),
  KUBERNETES_SERVICE_PORT: z.string().max(5).default('443').describe('Its port, set by the kubelet.'),
});
export type OperatorConfig = Readonly<z.output<typeof OperatorEnv>>;

/** The one reader of this process's environment. @throws Error that names every fault */
export const operatorConfig = (env: Record<string, string | undefined> = process.env): OperatorConfig =>
  Object.freeze(readEnv('operator', OperatorEnv, env));

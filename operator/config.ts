import * as z from 'zod';
import { durationMs, port, readEnv, whole } from '#shared/env.ts';

const name = z.string().min(1).max(253);

/** What the chart sets; nobody else writes or reads it. */
const OperatorEnv = z.object({
  /** Unique among the replicas. */
  POD_NAME: name,
  HOST: name.default('0.0.0.0'),
  INNER_PORT: port(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  /** Whose resources are looked after; empty = those of every namespace. */
  WATCH_NAMESPACE: z.string().max(253).default(''),
  /** In our own namespace. */
  LEASE_NAME: name.default('intercom-operator'),
  /** Resources that are worked on at once. */
  WORKERS: whole(1, 64).prefault('4'),
  /** How often everything is looked at although nothing changed. */
  RESYNC_MS: durationMs().prefault('600000'),
  /** Where we are in no pod, or want another cluster. */
  KUBECONFIG: z.string().max(4096).default(''),
  /** Of the kubelet. */
  KUBERNETES_SERVICE_HOST: z.string().max(253).default(''),
  KUBERNETES_SERVICE_PORT: z.string().max(5).default('443'),
});
export type OperatorConfig = Readonly<z.output<typeof OperatorEnv>>;

/** The one reader of this process's environment. @throws Error that names every fault */
export const operatorConfig = (env: Record<string, string | undefined> = process.env): OperatorConfig =>
  Object.freeze(readEnv('operator', OperatorEnv, env));

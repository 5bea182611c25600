import * as z from 'zod';
import { readEnv } from '#shared/env.ts';

const name = z.string().min(1).max(253);

/** What the chart sets on the Jobs that look after the keys of its NATS; nobody else writes or reads it. */
export const KeysEnv = z.object({
  ACTION: z
    .enum(['ensure', 'check', 'remove'])
    .describe('Makes the Secret where there is none and checks it where there is; only checks it; removes it.'),
  SECRET_NAME: name.describe('The Secret, in the namespace of the pod.'),
  SERVERS: name.describe('StatefulSet of the servers: as long as it is there the Secret is not removed.'),
  INSTANCE: name.describe('Release that it is made for, as a label.'),
  ACCOUNTS_DIR: z
    .string()
    .startsWith('/')
    .max(1024)
    .describe('Folder in which the servers keep what accounts there are.'),
  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe of what is logged.'),
  KUBECONFIG: z.string().max(4096).default('').describe('Where we are in no pod; empty = as a pod does.'),
  KUBERNETES_SERVICE_HOST: z.string().max(253).default('').describe('The API server, set by the kubelet.'),
  KUBERNETES_SERVICE_PORT: z.string().max(5).default('443').describe('Its port, set by the kubelet.'),
});
export type KeysConfig = Readonly<z.output<typeof KeysEnv>>;

/** The one reader of this process's environment. @throws Error that names every fault */
export const keysConfig = (env: Record<string, string | undefined> = process.env): KeysConfig =>
  Object.freeze(readEnv('keys', KeysEnv, env));

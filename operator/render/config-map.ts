import { createHash } from 'node:crypto';
import type { V1ConfigMap, V1ObjectMeta } from '@kubernetes/client-node';

type Environment = Readonly<Record<string, string>>;

const sorted = (environment: Environment): [string, string][] =>
  Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));

/** The environment of one process. */
export const configMap = (metadata: V1ObjectMeta, environment: Environment): V1ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  data: Object.fromEntries(sorted(environment)),
});

/** The same for equal environments, whatever their order. */
export const configHash = (environment: Environment): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(environment)))
    .digest('hex')
    .slice(0, 16);

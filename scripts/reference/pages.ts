import { CONDITION_TYPES } from '#operator/api/condition-types.ts';
import type { StructuralSchema } from '#operator/api/structural-schema.ts';
import { OperatorEnv } from '#operator/config.ts';
import { KeysEnv } from '#operator/keys/config.ts';
import { OBSERVED_CONDITION_TYPES } from '#operator/observations/condition-types.ts';
import { CLUSTER_RULES, NAMESPACE_RULES } from '#operator/rbac.ts';
import { HandlerEnv, IngressEnv, WorkerEnv } from '#shared/contract.ts';
import { conditionsPage } from './conditions.ts';
import { type EnvironmentReader, environmentPage } from './environment.ts';
import { fieldsPage } from './fields.ts';
import { headersPage } from './headers.ts';
import { metricsPage, type ProcessMetrics } from './metrics.ts';
import { type Role, rolesPage } from './roles.ts';

const READERS: readonly EnvironmentReader[] = [
  { process: 'operator', setBy: 'Set on its Deployment.', schema: OperatorEnv },
  { process: 'keys', setBy: 'Set on the Jobs of the chart that look after the keys of its NATS.', schema: KeysEnv },
  { process: 'ingress', setBy: 'Set by the operator, in a ConfigMap of the name of the workload.', schema: IngressEnv },
  { process: 'worker', setBy: 'Set by the operator, in a ConfigMap of the name of the workload.', schema: WorkerEnv },
  {
    process: 'handler',
    setBy:
      "Set by the operator on every handler's container, beside what `container.env` and `container.envFrom` say. The built-in `Echo` also reads `ECHO_DELAY_MS`, how long it takes over a call; in a cluster nothing sets it.",
    schema: HandlerEnv,
  },
];

const ROLES: readonly Role[] = [
  { where: 'In every namespace that it looks after', rules: CLUSTER_RULES },
  { where: 'In its own namespace', rules: NAMESPACE_RULES },
];

/** Every page of docs/reference, by its path in the repository. */
export const referencePages = (schema: StructuralSchema, metrics: readonly ProcessMetrics[]): Map<string, string> =>
  new Map([
    ['docs/reference/fields.md', fieldsPage(schema)],
    ['docs/reference/conditions.md', conditionsPage({ ...CONDITION_TYPES, ...OBSERVED_CONDITION_TYPES })],
    ['docs/reference/metrics.md', metricsPage(metrics)],
    ['docs/reference/environment.md', environmentPage(READERS)],
    ['docs/reference/headers.md', headersPage()],
    ['docs/reference/roles.md', rolesPage(ROLES)],
  ]);

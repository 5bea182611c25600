import type { PolicyRule } from '#operator/rbac.ts';
import { code, page, table } from './markdown.ts';

/** Rules, and where they hold. */
export interface Role {
  readonly where: string;
  readonly rules: readonly PolicyRule[];
}

const INTRO = `What the operator has to be allowed. It asks for nothing else of the API
server. Server-side apply is \`patch\`, and \`create\` where nothing is there yet.`;

/** What rules do not say by themselves. */
const REACH = `## What that amounts to

The operator may not list Secrets, but it may read any that it can name, and write and delete them; and it may make Deployments,
whose pods can mount every Secret of their namespace and run as any of its ServiceAccounts. So who takes over the operator has,
in effect, every Secret of every namespace that it looks after, and what the accounts there may do. Without \`watchNamespaces\`
that is the whole cluster, \`kube-system\` too.

\`watchNamespaces\` is the answer to that: the rules of the first table are then those of a Role in each of these namespaces,
and in the rest of the cluster the operator may only read the namespace \`kube-system\` itself, and a Lease by its name. Whoever may run pods in the
namespace of the release can become the operator, and whoever may read Secrets there has the keys of its NATS: give the release
a namespace of its own.`;

/** docs/reference/roles.md: what the operator may do. */
export const rolesPage = (roles: readonly Role[]): string =>
  page({ title: 'Roles', source: 'operator/rbac.ts', parts: [INTRO, ...roles.map(roleText), REACH] });

const roleText = ({ where, rules }: Role): string =>
  `## ${where}\n\n${table(['API group', 'resources', 'verbs'], rules.map(ruleRow))}`;

const ruleRow = ({ apiGroups, resources, resourceNames = [], verbs }: PolicyRule): string[] => [
  apiGroups.map((group) => (group === '' ? 'core' : code(group))).join(', '),
  `${resources.map(code).join(', ')}${resourceNames.length === 0 ? '' : `, only ${resourceNames.map(code).join(', ')}`}`,
  verbs.join(', '),
];

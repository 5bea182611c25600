import type { PolicyRule } from '#operator/rbac.ts';
import { code, page, table } from './markdown.ts';

/** Rules, and where they hold. */
export interface Role {
  readonly where: string;
  readonly rules: readonly PolicyRule[];
}

const INTRO = `What the operator has to be allowed. It asks for nothing else of the API
server. Server-side apply is \`patch\`, and \`create\` where nothing is there yet.`;

/** docs/reference/roles.md: what the operator may do. */
export const rolesPage = (roles: readonly Role[]): string =>
  page({ title: 'Roles', source: 'operator/rbac.ts', parts: [INTRO, ...roles.map(roleText)] });

const roleText = ({ where, rules }: Role): string =>
  `## ${where}\n\n${table(['API group', 'resources', 'verbs'], rules.map(ruleRow))}`;

const ruleRow = ({ apiGroups, resources, resourceNames = [], verbs }: PolicyRule): string[] => [
  apiGroups.map((group) => (group === '' ? 'core' : code(group))).join(', '),
  `${resources.map(code).join(', ')}${resourceNames.length === 0 ? '' : `, only ${resourceNames.map(code).join(', ')}`}`,
  verbs.join(', '),
];

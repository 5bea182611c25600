import { code, page, table } from '../reference/markdown.ts';
import { defaultValues, type ValueSchema, valuesSchema } from './describe.ts';

const INTRO = `What \`helm install\` can be told, with \`--values file.yaml\` or \`--set name=value\`. A value that is not here, or of
another form, is refused with its name. [install.md](../install.md) shows what is set in which place.`;

interface Row {
  readonly path: string;
  readonly schema: ValueSchema;
  readonly given: unknown;
}

/** docs/reference/values.md: every value of the chart. */
export function valuesPage(): string {
  const rows = rowsOf('', valuesSchema(), defaultValues());
  const cells = rows.map(({ path, schema, given }) => [
    code(path),
    typeText(schema),
    given === '' ? 'empty' : code(JSON.stringify(given)),
    schema.description ?? '',
  ]);
  const parts = [INTRO, table(['value', 'type', 'default', 'what it says'], cells)];
  return page({ title: 'Values of the chart', source: 'scripts/chart/values.ts', parts });
}

/** A map of our own values has no row but theirs. */
function rowsOf(path: string, schema: ValueSchema, given: unknown): Row[] {
  const { properties = {} } = schema;
  if (Object.keys(properties).length === 0 || path.endsWith('resources')) return [{ path, schema, given }];
  return Object.entries(properties).flatMap(([name, one]) =>
    rowsOf(path === '' ? name : `${path}.${name}`, one, (given as Record<string, unknown>)[name]),
  );
}

function typeText(schema: ValueSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}s`;
  return schema.type ?? 'any';
}

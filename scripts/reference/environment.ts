import * as z from 'zod';
import { boundsText, typeText } from './field-cells.ts';
import { code, page, table } from './markdown.ts';

/** A process, and the schema that it reads its environment with. */
export interface EnvironmentReader {
  readonly process: string;
  /** Who sets it, and where. */
  readonly setBy: string;
  readonly schema: z.ZodObject;
}

const INTRO = `A process reads its environment once, when it starts, and does not start where a variable is missing or wrong:
it names every fault. No variable holds a secret; those are mounted as files. Of ingress and worker the operator sets all
of them, so they are here to be read, not to be set. Names that end in \`_MS\` are in milliseconds.`;

/** docs/reference/environment.md: every variable that a process reads. */
export const environmentPage = (readers: readonly EnvironmentReader[]): string =>
  page({
    title: 'Environment',
    source: 'services/shared/contract.ts and operator/config.ts',
    parts: [INTRO, ...readers.map(readerText)],
  });

function readerText({ process, setBy, schema }: EnvironmentReader): string {
  const variables = Object.entries(schema.shape).map(([name, field]) => variableOf(name, field as z.ZodType));
  const hasDefaults = variables.some(({ given }) => given !== REQUIRED);
  const head = ['variable', 'type', ...(hasDefaults ? ['default'] : []), 'bounds', 'what it says'];
  const rows = variables.map(({ name, type, given, bounds, meaning }) => [
    code(name),
    type,
    ...(hasDefaults ? [given] : []),
    bounds,
    meaning,
  ]);
  return [`## ${process}`, `${hasDefaults ? '' : 'All are required. '}${setBy}`, table(head, rows)].join('\n\n');
}

function variableOf(name: string, field: z.ZodType) {
  const parsed = parsedSchema(field);
  const meaning = field.description ?? '';
  return { name, type: typeText(parsed), given: defaultText(field), bounds: boundsText(parsed), meaning };
}

type JsonSchema = Parameters<typeof typeText>[0] & { anyOf?: JsonSchema[]; const?: unknown };

/** Of what is made of the text. An alternative that is only "nothing" is no type. */
function parsedSchema(field: z.ZodType): JsonSchema {
  const { anyOf, ...schema } = z.toJSONSchema(field, { io: 'output', unrepresentable: 'any' }) as JsonSchema;
  return anyOf?.find((one) => one.const !== '') ?? schema;
}

const REQUIRED = '**required**';

/** As it would be written; codecs write what they read. */
function defaultText(field: z.ZodType): string {
  const absent = field.safeParse(undefined);
  if (!absent.success) return REQUIRED;
  const text = String(z.encode(field, absent.data));
  return text === '' ? 'empty' : code(text);
}

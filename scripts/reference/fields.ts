import { PLURAL } from '#operator/api/crd.ts';
import type { StructuralSchema } from '#operator/api/structural-schema.ts';
import { GROUP, KIND, VERSION } from '#operator/api/v1alpha1.ts';
import { boundsText, defaultText, typeText } from './field-cells.ts';
import { code, linkTo, page, table } from './markdown.ts';

/** An object of the resource: a heading of its own, with a table of its fields. */
interface Section {
  readonly path: string;
  readonly schema: StructuralSchema;
}

const INTRO = `A resource of kind ${code(KIND)}, API version ${code(`${GROUP}/${VERSION}`)}; its CRD is
\`crds/${PLURAL}.yaml\`. The API server refuses what breaks a bound or a rule, and says which.

A *duration* is hours, minutes and seconds, such as \`168h\`, \`1h30m\` or \`45s\`. *Bytes* are a whole number, with a unit
such as \`Mi\` or \`G\` if you like. *Quantity*, *DNS name* and *data key* are those of Kubernetes, a *time* that of RFC 3339,
in UTC. *Rules* are checked across fields, with their defaults filled in; the CEL expression stands behind each.`;

/** docs/reference/fields.md: every field of the resource. @param schema that of the whole resource */
export function fieldsPage({ properties = {} }: StructuralSchema): string {
  const roots = ['spec', 'status'].map((path): Section => ({ path, schema: properties[path] ?? {} }));
  const paths = new Map<string, string>();
  const sections = roots.flatMap((root) => sectionsOf(root, paths));
  return page({
    title: 'Fields',
    source: 'operator/api',
    parts: [INTRO, ...sections.map((section) => sectionText(section, paths))],
  });
}

/** Objects that are alike are described once, where they come first. */
function sectionsOf(section: Section, paths: Map<string, string>): Section[] {
  const shape = shapeOf(section.schema);
  if (paths.has(shape)) return [];
  paths.set(shape, section.path);
  const inner = Object.entries(section.schema.properties ?? {}).flatMap(([name, schema]) => {
    const path = `${section.path}.${name}${schema.type === 'array' ? '[]' : ''}`;
    const object = objectIn(schema);
    return object === null ? [] : sectionsOf({ path, schema: object }, paths);
  });
  return [section, ...inner];
}

/** The object that a field is, or whose list it is; null where it has no fields. */
function objectIn(schema: StructuralSchema): StructuralSchema | null {
  const object = schema.items ?? schema;
  return object.properties === undefined ? null : object;
}

const shapeOf = ({ properties, 'x-kubernetes-validations': rules }: StructuralSchema): string =>
  JSON.stringify({ properties, rules });

function sectionText({ path, schema }: Section, paths: ReadonlyMap<string, string>): string {
  const { description, properties = {}, required = [] } = schema;
  const rows = Object.entries(properties).map(([name, field]) => [
    code(name),
    typeCell(field, paths),
    defaultText(field, required.includes(name)),
    boundsText(field),
    [field.description ?? '', ...(objectIn(field) === null ? rulesOf(field) : []).map(ruleText)].join(' '),
  ]);
  return [
    `## ${path}`,
    ...(description === undefined ? [] : [description]),
    table(['field', 'type', 'default', 'bounds', 'what it says'], rows),
    ...(rulesOf(schema).length === 0
      ? []
      : [
          `Rules:\n\n${rulesOf(schema)
            .map((rule) => `- ${ruleText(rule)}`)
            .join('\n')}`,
        ]),
  ].join('\n\n');
}

function typeCell(field: StructuralSchema, paths: ReadonlyMap<string, string>): string {
  const object = objectIn(field);
  const section = object === null ? undefined : paths.get(shapeOf(object));
  return section === undefined ? typeText(field) : linkTo(section, typeText(field));
}

type ValidationRule = NonNullable<StructuralSchema['x-kubernetes-validations']>[number];

const rulesOf = (schema: StructuralSchema): readonly ValidationRule[] => schema['x-kubernetes-validations'] ?? [];

const ruleText = ({ rule, message, fieldPath }: ValidationRule): string =>
  `${fieldPath === undefined ? '' : `${code(fieldPath.slice(1))}: `}${message}. ${code(rule)}`;

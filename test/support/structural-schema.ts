import type { StructuralSchema } from '#operator/api/structural-schema.ts';

/** A schema inside a schema, and where: `spec.handlers[].name`, `spec.env{}` for the values of a map. */
export interface SchemaNode {
  readonly path: string;
  readonly node: StructuralSchema;
}

/** The schema itself and everything inside it. */
export function nodesOf(node: StructuralSchema, path = ''): SchemaNode[] {
  const properties = Object.entries(node.properties ?? {});
  return [
    { path, node },
    ...properties.flatMap(([name, inner]) => nodesOf(inner, path === '' ? name : `${path}.${name}`)),
    ...(node.items === undefined ? [] : nodesOf(node.items, `${path}[]`)),
    ...(node.additionalProperties === undefined ? [] : nodesOf(node.additionalProperties, `${path}{}`)),
  ];
}

const KEYWORDS = new Set(
  (
    'type description default enum format pattern minLength maxLength minimum maximum items minItems maxItems properties ' +
    'required additionalProperties maxProperties x-kubernetes-int-or-string x-kubernetes-preserve-unknown-fields ' +
    'x-kubernetes-list-type x-kubernetes-list-map-keys x-kubernetes-validations'
  ).split(' '),
);

/** What the API server would refuse in one node: its rules of structural schemas. */
function faultsOf(node: StructuralSchema): string[] {
  const faults = Object.keys(node)
    .filter((keyword) => !KEYWORDS.has(keyword))
    .map((keyword) => `keyword ${keyword}`);
  const isIntOrString = node['x-kubernetes-int-or-string'] === true;
  const isOpen = node['x-kubernetes-preserve-unknown-fields'] === true;
  const fault = (isFault: boolean, name: string) => void (isFault && faults.push(name));
  fault(typeof node.type !== 'string' && !isIntOrString, 'no type');
  fault(node.type !== undefined && isIntOrString, 'a type beside int-or-string');
  fault(node.type === 'array' && node.items === undefined, 'array without items');
  fault(
    node.properties !== undefined && node.additionalProperties !== undefined,
    'properties and additionalProperties',
  );
  fault(typeof node.additionalProperties === 'boolean', 'boolean additionalProperties');
  fault(isOpen && node.type !== 'object', 'unknown fields outside an object');
  fault(
    node.type === 'object' && !isOpen && node.properties === undefined && node.additionalProperties === undefined,
    'object without fields',
  );
  for (const name of node.required ?? [])
    fault(node.properties?.[name] === undefined, `required ${name} does not exist`);
  for (const key of node['x-kubernetes-list-map-keys'] ?? []) {
    const field = node.items?.properties?.[key];
    const isAlwaysThere = node.items?.required?.includes(key) === true || field?.default !== undefined;
    fault(!isAlwaysThere, `list key ${key} may be missing`);
  }
  fault(
    node['x-kubernetes-list-type'] === 'map' && node['x-kubernetes-list-map-keys'] === undefined,
    'map without keys',
  );
  fault(node.type === 'array' && node['x-kubernetes-list-type'] === undefined, 'array without list type');
  return faults;
}

export const structuralFaults = (schema: StructuralSchema): string[] =>
  nodesOf(schema).flatMap(({ path, node }) => faultsOf(node).map((fault) => `${path}: ${fault}`));

/** Strings, lists and maps that may have any size. */
export const unbounded = (schema: StructuralSchema): string[] =>
  nodesOf(schema)
    .filter(
      ({ node }) =>
        ((node.type === 'string' || node['x-kubernetes-int-or-string'] === true) &&
          node.enum === undefined &&
          node.maxLength === undefined) ||
        (node.type === 'array' && node.maxItems === undefined) ||
        (node.additionalProperties !== undefined && node.maxProperties === undefined),
    )
    .map(({ path }) => path);

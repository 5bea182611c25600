import { isRecord } from '#shared/key.ts';
import type { Problem } from './rules.ts';
import type { StructuralSchema } from './structural-schema.ts';

/**
 * What zod does not check of a value that it has accepted: fields that the schema does not have, entries given twice in
 * lists that are sets or maps, maps with too many entries.
 */
export function shapeProblems(schema: StructuralSchema, value: unknown, path: string): Problem[] {
  if (Array.isArray(value)) {
    const items = value.flatMap((item, index) => shapeProblems(schema.items ?? {}, item, `${path}[${index}]`));
    return [...duplicates(schema, value, path), ...items];
  }
  return isRecord(value) ? ofObject(schema, value, path) : [];
}

function ofObject(schema: StructuralSchema, value: Record<string, unknown>, path: string): Problem[] {
  const size = Object.keys(value).length;
  if (schema.maxProperties !== undefined && size > schema.maxProperties) {
    return [{ path, message: `has ${size} entries; at most ${schema.maxProperties} are allowed` }];
  }
  if (schema.additionalProperties !== undefined) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = schema.properties?.[name];
    if (field !== undefined) return shapeProblems(field, inner, `${path}.${name}`);
    if (schema['x-kubernetes-preserve-unknown-fields'] === true) return [];
    return [{ path: `${path}.${name}`, message: 'is not a field: check its spelling and place' }];
  });
}

function duplicates(schema: StructuralSchema, list: readonly unknown[], path: string): Problem[] {
  const keys = schema['x-kubernetes-list-type'] === 'set' ? null : schema['x-kubernetes-list-map-keys'];
  if (keys === undefined) return [];
  const identity = (item: unknown) =>
    JSON.stringify(keys === null || !isRecord(item) ? item : keys.map((key) => item[key]));
  const ids = list.map(identity);
  return ids.flatMap((id, index) =>
    ids.indexOf(id) === index ? [] : [{ path: `${path}[${index}]`, message: `is there twice: ${id}` }],
  );
}

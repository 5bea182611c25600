import type * as z from 'zod';
import { byteSize, dataKey, duration, objectName, optionalObjectName, urlPath } from '#operator/api/fields.ts';
import { type StructuralSchema, structural } from '#operator/api/structural-schema.ts';
import { code } from './markdown.ts';

/** What one field of the resource is, in words. */

/** The pattern of a building block of the schema, as its fields have it. */
const patternOf = (block: (description: string) => z.ZodType): string => structural(block('')).pattern ?? '';

/** Texts of a form that has a name. */
const NAMED_PATTERNS: ReadonlyMap<string, string> = new Map([
  [patternOf(duration), 'duration'],
  [patternOf(byteSize), 'bytes'],
  [patternOf(objectName), 'DNS name'],
  [patternOf(optionalObjectName), 'DNS name or empty'],
  [patternOf(dataKey), 'data key'],
  [patternOf(urlPath), 'URL path'],
]);

/** `list of objects`: what fields those have is said elsewhere. */
export function typeText(schema: StructuralSchema): string {
  const named = NAMED_PATTERNS.get(schema.pattern ?? '');
  if (named !== undefined) return named;
  if (schema['x-kubernetes-int-or-string'] === true) return 'quantity';
  if (schema.enum !== undefined) return `one of ${schema.enum.map((value) => code(String(value))).join(', ')}`;
  if (schema.format === 'date-time') return 'time';
  if (schema.type === 'array') return `list of ${plural(typeText(schema.items ?? {}))}`;
  if (schema.properties !== undefined) return 'object';
  if (schema.additionalProperties !== undefined) return `map of ${plural(typeText(schema.additionalProperties))}`;
  return schema.type ?? 'any';
}

const plural = (type: string): string =>
  /(?:s|bytes)$/.test(type) || type.startsWith('one of') ? type : `${type}s`.replace(/ys$/, 'ies');

/** Of a value, and of the entries of a list; empty where there are none worth a word. */
export function boundsText(schema: StructuralSchema): string {
  const { items } = schema;
  const own = [
    rangeText(schema.minimum, LIMITS_OF_TYPES.has(schema.maximum ?? 0) ? undefined : schema.maximum, ''),
    rangeText(schema.minLength, schema.maxLength, ' characters'),
    rangeText(schema.minItems, schema.maxItems, ' entries'),
    rangeText(undefined, schema.maxProperties, ' entries'),
    uniqueText(schema),
    patternText(schema),
  ].filter((text) => text !== '');
  const inner = items === undefined || items.properties !== undefined ? '' : boundsText(items);
  return [...own, ...(inner === '' ? [] : [`each: ${inner}`])].join('; ');
}

/** They say nothing of the field. */
const LIMITS_OF_TYPES: ReadonlySet<number> = new Set([2 ** 31 - 1, Number.MAX_SAFE_INTEGER]);

function rangeText(min: number | undefined, max: number | undefined, unit: string): string {
  if (min === undefined) return max === undefined ? '' : `≤ ${max}${unit}`;
  return max === undefined ? `≥ ${min}${unit}` : `${min} to ${max}${unit}`;
}

function uniqueText(schema: StructuralSchema): string {
  const keys = schema['x-kubernetes-list-map-keys'];
  if (schema['x-kubernetes-list-type'] === 'set') return 'no two alike';
  return keys === undefined ? '' : `no two of one ${keys.map(code).join(' and ')}`;
}

function patternText(schema: StructuralSchema): string {
  const { pattern } = schema;
  const isNamed = schema['x-kubernetes-int-or-string'] === true || NAMED_PATTERNS.has(pattern ?? '');
  return pattern === undefined || isNamed ? '' : code(pattern);
}

/** What holds where nothing is given. An object's default says no more than those of its fields. */
export function defaultText(schema: StructuralSchema, isRequired: boolean): string {
  if (isRequired) return '**required**';
  if (schema.default === undefined) return '';
  return schema.properties === undefined ? code(JSON.stringify(schema.default)) : 'those of its fields';
}

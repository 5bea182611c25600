import { intercomWebhookCrd } from '#operator/api/crd.ts';
import type { StructuralSchema } from '#operator/api/structural-schema.ts';
import { manifestsOf } from '#test/support/examples.ts';
import { below, changed, placeOf, textOf } from '#test/support/place.ts';
import { nodesOf } from '#test/support/structural-schema.ts';

/** A good resource in which one bound of the schema is broken. */
export interface BoundCase {
  /** `spec.handlers[].concurrency: maximum 1000` */
  readonly name: string;
  /** The field that must be blamed: `spec.handlers[0].concurrency`. */
  readonly field: string;
  /** What the API server says of it, among other words. */
  readonly says: string;
  readonly resource: Readonly<Record<string, unknown>>;
}

type Resource = BoundCase['resource'];

/** One case per bound of the spec, in resources otherwise like those of `full.yaml`. */
export const specBoundCases = (): BoundCase[] =>
  boundCases({ required: SCHEMA.required ?? [], properties: { spec: schemaOf('spec') } }, manifestsOf('full.yaml'));

/** One case per bound of the status. */
export const statusBoundCases = (): BoundCase[] =>
  boundCases({ properties: { status: schemaOf('status') } }, [{ status: sampleOf(schemaOf('status')) }]);

const SCHEMA: StructuralSchema = intercomWebhookCrd().spec.versions[0]?.schema.openAPIV3Schema ?? {};
const schemaOf = (field: 'spec' | 'status'): StructuralSchema => SCHEMA.properties?.[field] ?? {};

/** @throws Error for a bound of a field that none of the good resources has */
const boundCases = (schema: StructuralSchema, good: readonly Resource[]): BoundCase[] =>
  nodesOf(schema).flatMap(({ path, node }) =>
    keywordsOf(node).flatMap((keyword) => boundsOf(keyword, node).map((bound) => caseOf(path, bound, good))),
  );

/** `crd.test.ts` sees to it that there are no others. */
const keywordsOf = (node: StructuralSchema) => Object.keys(node) as (keyof StructuralSchema)[];

interface Bound {
  /** `maximum 1000` */
  readonly name: string;
  readonly says: string;
  /** Makes a bad value of a good one. */
  readonly broken: (value: unknown) => unknown;
  /** What is blamed, below the field that has the bound. */
  readonly blamed?: string;
  /** A field that the value must have, to be broken. */
  readonly needs?: string;
}

function boundsOf(keyword: keyof StructuralSchema, node: StructuralSchema): readonly Bound[] {
  const name = keyword === 'pattern' ? keyword : `${keyword} ${String(node[keyword])}`;
  const bound = (says: string, broken: Bound['broken']): readonly Bound[] => [{ name, says, broken }];
  const {
    minimum = 0,
    maximum = 0,
    minLength = 0,
    maxLength = 0,
    minItems = 0,
    maxItems = 0,
    maxProperties = 0,
  } = node;
  switch (keyword) {
    case 'minimum':
      return bound(`should be greater than or equal to ${minimum}`, () => minimum - 1);
    case 'maximum':
      return bound(`should be less than or equal to ${maximum}`, () => maximum + 1);
    case 'minLength':
      return bound(`should be at least ${minLength} chars long`, () => 'x'.repeat(minLength - 1));
    case 'maxLength':
      return bound(`may not be more than ${maxLength} bytes`, () => 'x'.repeat(maxLength + 1));
    case 'pattern':
      return bound(`should match '${node.pattern}'`, () => UNMATCHED);
    case 'enum':
      return bound(`supported values: ${node.enum?.map((value) => `"${String(value)}"`).join(', ')}`, () => UNMATCHED);
    case 'format':
      // A number is as wide as its bounds let it be.
      return node.type === 'string' ? bound(`must be of type ${node.format}`, () => UNMATCHED) : [];
    case 'minItems':
      return bound(`should have at least ${minItems} items`, (list) => itemsOf(list).slice(0, minItems - 1));
    case 'maxItems':
      return bound(`must have at most ${maxItems} items`, (list) => repeated(itemsOf(list)[0], maxItems + 1));
    case 'maxProperties':
      return bound(`must have at most ${maxProperties} items`, (map) => {
        const [value] = Object.values(map as object) as unknown[];
        return Object.fromEntries(repeated(value, maxProperties + 1).map((each, n) => [`k${n}`, each]));
      });
    case 'required':
      return (node.required ?? []).map((needs) => ({
        name: `required ${needs}`,
        says: 'Required value',
        broken: (object) => ({ ...(object as object), [needs]: undefined }),
        blamed: needs,
        needs,
      }));
    case 'x-kubernetes-list-type':
      if (node[keyword] === 'atomic') return [];
      return [{ name, says: 'Duplicate value', broken: (list) => repeated(itemsOf(list)[0], 2), blamed: '[1]' }];
    case 'type':
    case 'description':
    case 'default':
    case 'items':
    case 'properties':
    case 'additionalProperties':
    case 'x-kubernetes-int-or-string':
    case 'x-kubernetes-preserve-unknown-fields':
    case 'x-kubernetes-list-map-keys':
      return [];
    case 'x-kubernetes-validations':
      // `rule-cases.ts` breaks these.
      return [];
  }
}

/** No value of an enumeration, no date, and in no alphabet of a pattern. */
const UNMATCHED = '#';

const itemsOf = (list: unknown): readonly unknown[] => (Array.isArray(list) ? list : []);
const repeated = (item: unknown, times: number): unknown[] => Array.from({ length: times }, () => item);

function caseOf(path: string, bound: Bound, good: readonly Resource[]): BoundCase {
  const { name, says, broken, blamed = '', needs } = bound;
  const wanted = needs === undefined ? path : below(path, needs);
  for (const resource of good) {
    const found = placeOf(resource, wanted);
    if (found === null) continue;
    const place = needs === undefined ? found : found.slice(0, -1);
    const bad = changed(resource, place, broken) as Resource;
    return {
      name: `${path === '' ? 'the resource' : path}: ${name}`,
      field: below(textOf(place), blamed),
      says,
      resource: bad,
    };
  }
  throw new Error(`no resource has ${wanted}: there is nothing to break`);
}

/** A value with every field of a schema that has no patterns. */
function sampleOf(node: StructuralSchema): unknown {
  if (node.enum !== undefined) return node.enum[0];
  if (node.format === 'date-time') return '2026-01-02T03:04:05Z';
  switch (node.type) {
    case 'object':
      return Object.fromEntries(Object.entries(node.properties ?? {}).map(([name, inner]) => [name, sampleOf(inner)]));
    case 'array':
      return [sampleOf(node.items ?? {})];
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return node.minimum ?? 0;
    case 'boolean':
      return false;
    case undefined:
      throw new Error('no sample of a value that may be of several types');
  }
}

import { expect, test } from 'vitest';
import * as z from 'zod';
import { intercomWebhookCrd } from '#operator/api/crd.ts';
import { listMap } from '#operator/api/fields.ts';
import { type StructuralSchema, structural } from '#operator/api/structural-schema.ts';
import { Spec } from '#operator/api/v1alpha1.ts';
import { nodesOf, structuralFaults, unbounded } from '#test/support/structural-schema.ts';

const crd = intercomWebhookCrd();
const [version] = crd.spec.versions;
const schema: StructuralSchema = version?.schema.openAPIV3Schema ?? {};

/** Kubernetes types it itself and allows nothing beside. */
const withoutMetadata: StructuralSchema = {
  ...schema,
  properties: Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name]) => name !== 'metadata')),
};

test('the schema is structural', () => {
  expect(structuralFaults(withoutMetadata)).toEqual([]);
});

test('every string, list and map is bounded', () => {
  expect(unbounded(withoutMetadata)).toEqual([]);
});

test('every field has a description', () => {
  const fields = nodesOf(withoutMetadata).filter(({ path }) => !path.endsWith(']') && !path.endsWith('}'));
  expect(fields.filter(({ node }) => (node.description ?? '').length < 10).map(({ path }) => path)).toEqual([]);
});

test('a default stands whole where rules are evaluated on it', () => {
  const ruled = nodesOf(schema).filter(
    ({ node }) =>
      node.default !== undefined && node['x-kubernetes-validations'] !== undefined && node.type === 'object',
  );
  expect(ruled.length).toBeGreaterThan(5);
  for (const { path, node } of ruled) {
    const defaulted = Object.entries(node.properties ?? {}).filter(([, field]) => field.default !== undefined);
    expect(Object.keys(node.default as object).sort(), path).toEqual(defaulted.map(([name]) => name).sort());
  }
});

test('only topics, signing and handlers are required', () => {
  expect(schema.properties?.['spec']?.required).toEqual(['topics', 'signing', 'handlers']);
  expect(schema.properties?.['status']?.required).toBeUndefined();
});

test('printer columns show fields that exist', () => {
  const own = version?.additionalPrinterColumns.filter(({ jsonPath }) => jsonPath.startsWith('.status.')) ?? [];
  expect(own.map(({ name }) => name)).toEqual(['Ready', 'Errors-15m', 'Budget', 'Lag', 'Dead', 'Endpoint']);
  const paths = new Set(nodesOf(schema).map(({ path }) => path));
  for (const { jsonPath } of own) expect(paths).toContain(jsonPath.slice(1).replace(/\[\?.*\]/, '[]'));
});

test('the checker finds what the API server refuses', () => {
  const wrong = structural(
    z.object({
      either: z.union([z.string(), z.int()]),
      free: z.unknown(),
      pair: z.object({ a: z.string() }).catchall(z.string()),
      list: z.array(z.object({ name: z.string().optional() })).meta(listMap('name')),
    }),
  );
  expect(structuralFaults(wrong)).toEqual([
    'either: keyword anyOf',
    'either: no type',
    'free: no type',
    'pair: properties and additionalProperties',
    'list: list key name may be missing',
  ]);
  expect(unbounded(wrong)).toEqual(['pair', 'pair.a', 'pair{}', 'list', 'list[].name']);
});

test('the schema has a place for every value of a parsed default', () => {
  const spec = Spec.parse({
    topics: ['a'],
    signing: { secretKeyRefs: [{ name: 's', key: 'k' }] },
    handlers: [{ name: 'h' }],
  });
  expect(Object.keys(spec).sort()).toEqual(Object.keys(schema.properties?.['spec']?.properties ?? {}).sort());
});

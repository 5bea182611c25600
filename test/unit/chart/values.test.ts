import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, parse, parseDocument, type YAMLMap } from 'yaml';
import { ENTRY_POINTS } from '#shared/contract.ts';
import { defaultValues, type ValueSchema, valuesSchema } from '../../../scripts/chart/describe.ts';
import { valuesYaml } from '../../../scripts/chart/values-yaml.ts';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const project = JSON.parse(read('package.json')) as { name: string; version: string };
const chart = parse(read('charts/intercom-operator/Chart.yaml')) as Record<string, unknown>;

/** Every map with fields of its own, by its path; what Kubernetes has a schema for has none. */
function maps(schema: ValueSchema, path = 'values'): [string, ValueSchema][] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, one]) => maps(one, `${path}.${name}`));
  const items = schema.items === undefined ? [] : maps(schema.items, `${path}[]`);
  const hasFields = Object.keys(schema.properties ?? {}).length > 0;
  const own: [string, ValueSchema][] = hasFields ? [[path, schema]] : [];
  return [...own, ...inner, ...items];
}

/** Paths of values that no comment explains. */
function unexplained(map: YAMLMap, schema: ValueSchema, path = ''): string[] {
  return map.items.flatMap(({ key, value }, at) => {
    const name = isScalar(key) ? String(key.value) : '';
    const one = schema.properties?.[name] ?? {};
    // The first one's comment may be taken for the map's.
    const comment = (isScalar(key) ? key.commentBefore : null) ?? (at === 0 ? map.commentBefore : null);
    const own = comment === null || comment === undefined || comment.trim() === '' ? [`${path}${name}`] : [];
    const isKubernetes = name === 'resources';
    return [...own, ...(isMap(value) && !isKubernetes ? unexplained(value, one, `${path}${name}.`) : [])];
  });
}

describe('the schema of values', () => {
  it('refuses what it does not have, at every level that has fields', () => {
    const all = maps(valuesSchema());
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(([, { additionalProperties }]) => additionalProperties !== false).map(([path]) => path)).toEqual(
      [],
    );
  });

  it('is of draft 7, which is what Helm reads', () => {
    expect(valuesSchema()['$schema']).toBe('http://json-schema.org/draft-07/schema#');
  });
});

describe('values.yaml', () => {
  it('has every value, and its default', () => {
    expect(parse(valuesYaml())).toEqual(defaultValues());
  });

  it('explains each of them', () => {
    const { contents } = parseDocument(valuesYaml());
    expect(isMap(contents) ? unexplained(contents, valuesSchema()) : 'no map').toEqual([]);
  });
});

describe('Chart.yaml', () => {
  it('is of the version of the project', () => {
    expect([chart['version'], chart['appVersion']]).toEqual([project.version, project.version]);
  });
});

it('the image is called as the project is', () => {
  expect(defaultValues().image.repository).toBe(project.name);
});

it('the image has an entry point that looks after keys', () => {
  expect(read('charts/intercom-operator/templates/keys/_hook.tpl')).toContain(`args: [${ENTRY_POINTS.keys}]`);
});

import { beforeAll, describe, expect, it } from 'vitest';
import { resourceSchema } from '#operator/api/crd.ts';
import type { StructuralSchema } from '#operator/api/structural-schema.ts';
import { anchorOf } from '../../../scripts/reference/markdown.ts';
import { referencePages } from '../../../scripts/reference/pages.ts';
import { readMetrics } from '../../../scripts/reference/registries.ts';
import { firstCells, found, readText, sourcesOf } from './sources.ts';

let pages: ReadonlyMap<string, string> = new Map();
const pageOf = (name: string): string => pages.get(`docs/reference/${name}.md`) ?? '';
const programs = [...sourcesOf('operator', 'services').values()].join('\n');

beforeAll(async () => {
  pages = referencePages(resourceSchema(), await readMetrics());
});

it('the committed pages are those that the code makes', () => {
  expect(pages.size).toBeGreaterThan(0);
  for (const [path, text] of pages) expect(readText(path), path).toBe(text);
});

it('every link within a page leads to one of its headings', () => {
  for (const [path, text] of pages) {
    const anchors = found(text, /^#+ (.+)$/gm).map(anchorOf);
    expect(anchors, path).toEqual(expect.arrayContaining(found(text, /\]\(#([^)]+)\)/g)));
  }
});

it('no cell that says what something means is empty', () => {
  for (const [path, text] of pages) {
    expect(found(text, /^(\|.*\|\s+\|)$/gm), path).toEqual([]);
  }
});

describe('what the pages name is what the code has', () => {
  it('metrics', () => {
    const documented = firstCells(pageOf('metrics'));
    const made = found(programs, /'(intercom_(?:ingress|worker|operator)_[a-z0-9_]+)'/g);
    expect(documented).toEqual(made);
  });

  it('processes that read an environment', () => {
    expect(found(pageOf('environment'), /^## (.+)$/gm)).toEqual(found(programs, /readEnv\('([a-z]+)'/g));
  });

  it('variables that are read beside those of the schemas', () => {
    const read = found(programs, /process\.env(?:\.|\[')([A-Z_]+)/g);
    expect(read.filter((name) => !pageOf('environment').includes(`\`${name}\``))).toEqual([]);
  });

  it('headers of messages', () => {
    const documented = firstCells(pageOf('headers')).filter((name) => name.startsWith('Icw-'));
    expect(documented).toEqual(found(programs, /'(Icw-[A-Za-z-]+)'/g));
  });

  it('fields', () => {
    const documented = firstCells(pageOf('fields'));
    const { spec, status } = resourceSchema().properties ?? {};
    expect(documented).toEqual([...new Set([...fieldsOf(spec), ...fieldsOf(status)])].toSorted());
  });
});

/** Names of all fields, however deep. */
function fieldsOf(schema: StructuralSchema = {}): string[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [name, ...fieldsOf(field)]);
  return [...inner, ...(schema.items === undefined ? [] : fieldsOf(schema.items))];
}

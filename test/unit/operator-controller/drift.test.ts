import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, isAsDesired, RENDERED_ANNOTATION, stamped } from '#operator/drift.ts';
import type { Rendered } from '#operator/render/facts.ts';
import { render } from '#operator/render/render.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import * as resources from '../operator-render/resources.ts';
import { served } from './objects.ts';

const RENDERED: readonly Rendered[] = Object.values(resources).flatMap((webhook) => render(webhook, renderFacts()));

type Path = readonly (string | number)[];

/** Of everything that is neither list nor record. */
function leaves(value: unknown, at: Path = []): Path[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, [...at, index]));
  if (typeof value !== 'object' || value === null) return [at];
  return Object.entries(value).flatMap(([field, item]) => leaves(item, [...at, field]));
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown>)[step], value);

/** A copy with another value there; none where it is undefined. */
function changed<T>(value: T, path: Path, to: unknown): T {
  const copy = structuredClone(value);
  const inner = valueAt(copy, path.slice(0, -1)) as Record<string | number, unknown>;
  const last = path.at(-1) ?? '';
  if (to !== undefined) inner[last] = to;
  else if (Array.isArray(inner)) inner.splice(Number(last), 1);
  else delete inner[last];
  return copy;
}

const EMPTIES: readonly unknown[] = ['', 0, false, null];
const anything = fc.jsonValue({ maxDepth: 2 });

describe('an object that was rendered', () => {
  it('is as desired when it comes back as it was sent', () => {
    expect(RENDERED.length).toBeGreaterThan(30);
    for (const rendered of RENDERED) expect(isAsDesired(stamped(rendered), served(stamped(rendered)))).toBe(true);
  });

  it('is as desired with whatever others have added to it', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RENDERED), fc.dictionary(fc.string(), anything), (rendered, more) => {
        const added = (value: unknown): unknown => {
          if (Array.isArray(value)) return value.map(added);
          if (typeof value !== 'object' || value === null) return value;
          const own = Object.fromEntries(Object.entries(value).map(([field, item]) => [field, added(item)]));
          return { ...more, ...own };
        };
        expect(contains(added(served(rendered)), rendered)).toBe(true);
      }),
    );
  });

  it('is not as desired when any one value of it is another, or gone', () => {
    const cases = RENDERED.flatMap((rendered) => leaves(rendered).map((path) => ({ rendered, path })));
    fc.assert(
      fc.property(fc.constantFrom(...cases), fc.option(anything, { nil: undefined }), ({ rendered, path }, to) => {
        const before = valueAt(rendered, path);
        const isGone = to === undefined || to === null;
        fc.pre(!Object.is(to, before) && !(isGone && EMPTIES.includes(before)));
        expect(contains(changed(served(rendered), path, to), rendered)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('carries a hash of itself, by which a field shows that is no longer rendered', () => {
    for (const rendered of RENDERED) {
      const path = leaves(rendered).find(([field]) => field === 'spec' || field === 'data');
      if (path === undefined) continue;
      const less = changed(rendered, path, undefined);
      expect(contains(served(stamped(rendered)), less)).toBe(true);
      expect(isAsDesired(stamped(less), served(stamped(rendered)))).toBe(false);
      expect(stamped(rendered)).toEqual(stamped(structuredClone(rendered)));
    }
  });

  it('keeps its other annotations beside the hash, and is left as it was itself', () => {
    const rendered: Rendered = { kind: 'Service', metadata: { name: 'a', annotations: { team: 'crm' } } };
    expect(stamped(rendered).metadata?.annotations).toEqual({
      team: 'crm',
      [RENDERED_ANNOTATION]: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(rendered.metadata?.annotations).toEqual({ team: 'crm' });
  });
});

describe('what the API server writes in its own way', () => {
  it.each([undefined, null])('is there where it is empty and comes back as %s', (found) => {
    for (const empty of [...EMPTIES, [], {}, { requests: {}, ports: [] }]) expect(contains(found, empty)).toBe(true);
    for (const full of ['x', 1, true, ['x'], { ports: ['x'] }]) expect(contains(found, full)).toBe(false);
  });

  it('is there in named lists in another order, with others between', () => {
    const desired = [
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ];
    expect(contains([{ name: 'x' }, { name: 'b', value: '2' }, { name: 'a', value: '1', more: 1 }], desired)).toBe(
      true,
    );
    expect(contains([{ name: 'b', value: '2' }], desired)).toBe(false);
    expect(contains([{ name: 'a', value: '2' }, ...desired.slice(1)], desired)).toBe(false);
  });

  it('is not there in lists without names that have another order or length', () => {
    expect(contains(['a', 'b'], ['a', 'b'])).toBe(true);
    expect(contains(['b', 'a'], ['a', 'b'])).toBe(false);
    expect(contains(['a', 'b', 'c'], ['a', 'b'])).toBe(false);
    expect(contains({ 0: 'a', 1: 'b' }, ['a', 'b'])).toBe(false);
  });

  it.each([
    ['1', '1000m'],
    ['500m', '.5'],
    ['1', 1],
    ['1', '+1'],
    ['1', '1.'],
    ['1001m', '1.001'],
    ['1005', '1.005k'],
    ['1Gi', '1024Mi'],
    ['1Gi', '1073741824'],
    ['1181116006400m', '1.1Gi'],
    ['100m', '1e-1'],
    ['1k', '1E3'],
    ['1E', '1e18'],
    ['2u', '2000n'],
    ['1n', '0.0000000001'],
  ])('is the same quantity: %s for %s', (found, desired) => {
    for (const field of ['requests', 'limits']) {
      expect(contains({ [field]: { cpu: found } }, { [field]: { cpu: desired } })).toBe(true);
    }
    expect(contains({ sizeLimit: found }, { sizeLimit: desired })).toBe(true);
  });

  it.each([
    ['1', '1001m'],
    ['1M', '1Mi'],
    ['1', '-1'],
    ['0', ''],
    ['one', 'two'],
    ['1e999999999', '1e99999999'],
  ])('is another quantity: %s for %s', (found, desired) => {
    expect(contains({ limits: { cpu: found } }, { limits: { cpu: desired } })).toBe(false);
  });

  it('is no quantity where text stands: a process may read 1Gi as something else than 1073741824', () => {
    expect(contains({ data: { SPOOL_BYTES: '1Gi' } }, { data: { SPOOL_BYTES: '1073741824' } })).toBe(false);
    expect(contains({ env: [{ name: 'A', value: '1' }] }, { env: [{ name: 'A', value: '1000m' }] })).toBe(false);
  });
});

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatCheckpoint, parseCheckpoint } from '#services/ingress/spool/checkpoint.ts';

const ranges = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 });

it('is read as it was written', () => {
  const property = fc.property(ranges, (removed) => {
    expect(parseCheckpoint(formatCheckpoint(removed))).toEqual(removed);
  });
  fc.assert(property);
});

it('says that nothing is removed where any of it was changed or lost', () => {
  const property = fc.property(ranges, fc.nat(), fc.integer({ min: 1, max: 127 }), (removed, at, change) => {
    const text = formatCheckpoint(removed);
    const i = at % text.length;
    const changed = text.slice(0, i) + String.fromCharCode(text.charCodeAt(i) ^ change) + text.slice(i + 1);
    expect(parseCheckpoint(changed)).toEqual([]);
    expect(parseCheckpoint(text.slice(0, i))).toEqual([]);
  });
  fc.assert(property);
});

it('has an answer to any text', () => {
  const property = fc.property(fc.string({ unit: 'binary' }), (text) => {
    expect(parseCheckpoint(text)).toEqual([]);
  });
  fc.assert(property);
});

it('is bounded: of what was not removed in order, some may be held again', () => {
  const removed = Array.from({ length: 20_000 }, (_, i): [number, number] => [i * 2, i * 2]);
  expect(parseCheckpoint(formatCheckpoint(removed))).toEqual(removed.slice(0, 10_000));
});

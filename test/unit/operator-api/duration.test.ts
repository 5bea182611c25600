import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBytes } from '#operator/api/byte-size.ts';
import { parseDurationMs } from '#operator/api/duration.ts';

describe('durations', () => {
  test.each([
    ['168h', 604_800_000],
    ['1h30m', 5_400_000],
    ['1h0m0s', 3_600_000],
    ['10m1s', 601_000],
    ['90m', 5_400_000],
    ['45s', 45_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  test.each(['', '0s', '7d', '1.5h', '10ms', '-1h', '1m1h', '1h1h', ' 1h', '3600', 'h'])('%j is none', (text) => {
    expect(() => parseDurationMs(text)).toThrow(RangeError);
  });

  test('every part counts', () => {
    const parts = fc.tuple(fc.integer({ min: 1, max: 9_999 }), fc.nat({ max: 59 }), fc.nat({ max: 59 }));
    fc.assert(
      fc.property(parts, ([hours, minutes, seconds]) => {
        expect(parseDurationMs(`${hours}h${minutes}m${seconds}s`)).toBe(((hours * 60 + minutes) * 60 + seconds) * 1000);
      }),
    );
  });
});

describe('sizes', () => {
  test.each([
    ['1Gi', 1_073_741_824],
    ['512Mi', 536_870_912],
    ['2G', 2_000_000_000],
    ['4096', 4_096],
    [4096, 4_096],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.each(['', '0', '1.5Gi', '1Pi', '-1', '9999999999Ti'])('%j is none', (text) => {
    expect(() => parseBytes(text)).toThrow(RangeError);
  });
});

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { keyOf, keyText, slotOf } from '#shared/key.ts';

const { vectors } = z
  .object({
    vectors: z.array(z.object({ name: z.string(), item: z.unknown(), key: z.string(), slot: z.string() }).strict()),
  })
  .parse(JSON.parse(readFileSync(new URL('./key-vectors.json', import.meta.url), 'utf8')));

it.each(vectors)('the key of $name is $key, in slot $slot', ({ item, key, slot }) => {
  const found = keyOf(item, 'notif_1');
  expect(keyText(found)).toBe(key);
  expect(slotOf(found)).toBe(slot);
});

/** CRC-32 (IEEE 802.3) bit by bit, from its polynomial: a second opinion on the slots. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

it('computes slots as any other CRC-32 does', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (id) => {
      const key = { kind: 'conversation', id };
      expect(Number(slotOf(key))).toBe(crc32(Buffer.from(keyText(key), 'utf8')) % 64);
    }),
  );
});

it('spreads conversations evenly over 64 slots', () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 64_000; i += 1) {
    const slot = slotOf({ kind: 'conversation', id: String(215_470_000_000_000 + i) });
    counts.set(slot, (counts.get(slot) ?? 0) + 1);
  }
  expect(counts.size).toBe(64);
  expect(Math.min(...counts.values())).toBeGreaterThan(800);
  expect(Math.max(...counts.values())).toBeLessThan(1200);
});

it('finds a key for anything at all', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (item) => {
      const key = keyOf(item, 'notif_1');
      expect(key.id).not.toBe('');
      expect(slotOf(key)).toMatch(/^(?:[0-5]\d|6[0-3])$/);
    }),
  );
});

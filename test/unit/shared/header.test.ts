import { headers } from '@nats-io/transport-node';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeHeader, decodeList, encodeHeader, encodeList } from '#shared/header.ts';

/** Any UTF-16, half surrogate pairs included. */
const texts = fc
  .array(
    fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 10, 13, 32, 0x5c, 0x75, 0x7f, 0xd800, 0xdfff)),
  )
  .map((units) => String.fromCharCode(...units));

it('brings back any text, through a header of NATS', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const hdrs = headers();
      hdrs.set('Icw-Id', encodeHeader(text));
      expect(decodeHeader(hdrs.get('Icw-Id'))).toBe(text);
    }),
  );
});

it('writes visible ASCII only, and that as it is', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(encodeHeader(text)).toMatch(/^[!-~]*$/);
    }),
  );
  expect(encodeHeader('notif_0a-1/%"')).toBe('notif_0a-1/%"');
  expect(encodeHeader(' \\ü')).toBe('\\u0020\\u005c\\u00fc');
});

it('takes what looks like an escape for what it is', () => {
  expect(encodeHeader('\\u0041')).toBe('\\u005cu0041');
  expect(decodeHeader(encodeHeader('\\u0041'))).toBe('\\u0041');
});

it('brings back any list of ids, also with spaces in them', () => {
  const ids = fc.array(texts.filter((text) => text !== ''));
  fc.assert(
    fc.property(ids, (list) => {
      expect(decodeList(encodeList(list))).toEqual(list);
    }),
  );
  expect(encodeList(['a b', 'c'])).toBe('a\\u0020b c');
  expect(decodeList('')).toEqual([]);
});

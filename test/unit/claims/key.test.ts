import { validateKey } from '@nats-io/kv/internal';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { claimKey } from '#services/worker/claims/key.ts';

it('never changes: claims of earlier releases must be found', () => {
  expect(claimKey('support', 'abc12345:notif_1')).toBe('support.QbkfrG0Kn2YkAHC-jCX1Yw');
});

it('is a valid key whatever is in the id', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (id) => validateKey(claimKey('a-handler', id))));
});

it('differs between handlers and between ids', () => {
  const keys = [claimKey('a', 'x'), claimKey('b', 'x'), claimKey('a', 'y')];
  expect(new Set(keys).size).toBe(3);
});

import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Verification, verify } from '#services/ingress/signature.ts';

const bodies = fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes));
const secrets = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), {
  minLength: 1,
  maxLength: 3,
});
const sign = (secret: string, body: Buffer): string => `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;

/** What differs from any text by one character, one place, or all of its letters' case. */
const mutations = fc.oneof(
  fc.record({ at: fc.nat(45), put: fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }) }).map(
    ({ at, put }) =>
      (text: string) =>
        `${text.slice(0, at)}${put}${text.slice(at)}`,
  ),
  fc.record({ at: fc.nat(44), put: fc.constantFrom(...'0123456789abcdefABCDEF =,g\0\n'.split('')) }).map(
    ({ at, put }) =>
      (text: string) =>
        `${text.slice(0, at)}${put}${text.slice(at + 1)}`,
  ),
  fc.nat(44).map((at) => (text: string) => `${text.slice(0, at)}${text.slice(at + 1)}`),
  fc.nat(44).map((at) => (text: string) => text.slice(0, at)),
  fc.constant((text: string) => text.toUpperCase()),
  fc.constant((text: string) => text + text),
  fc
    .constantFrom('sha256=', 'sha1:', 'SHA1=', 'sha-1=', 'sha1', '')
    .map((method) => (text: string) => text.replace('sha1=', method)),
);

const DIGITS = new Set('0123456789abcdef'.split(''));
const isOfTheForm = (text: string): boolean =>
  text.length === 45 &&
  text.startsWith('sha1=') &&
  text
    .slice(5)
    .split('')
    .every((digit) => DIGITS.has(digit));

const reasonOf = (verification: Verification): string =>
  verification.kind === 'refused' ? verification.reason : verification.kind;

describe('the signature of a body', () => {
  it('is accepted, whichever of the secrets made it, and the bytes come back as they were', () => {
    fc.assert(
      fc.property(bodies, secrets, fc.nat(2), (body, all, choice) => {
        const index = choice % all.length;
        const secret = all[index] ?? '';
        expect(verify(body, sign(secret, body), all)).toEqual({ kind: 'verified', body, secretIndex: index });
      }),
    );
  });

  it('is refused after any change to it', () => {
    fc.assert(
      fc.property(bodies, secrets, mutations, (body, all, mutate) => {
        const signature = sign(all[0] ?? '', body);
        const mutated = mutate(signature);
        fc.pre(mutated !== signature && mutated !== '');
        expect(reasonOf(verify(body, mutated, all))).toBe(isOfTheForm(mutated) ? 'wrong' : 'malformed');
      }),
    );
  });

  it('is refused for any other body', () => {
    fc.assert(
      fc.property(bodies, fc.nat(499), fc.integer({ min: 1, max: 255 }), secrets, (body, at, mask, all) => {
        const signature = sign(all[0] ?? '', body);
        const changed = Buffer.from(body);
        if (at < changed.length) changed[at] = (changed[at] ?? 0) ^ mask;
        else changed.fill(0);
        for (const other of [changed, Buffer.concat([body, Buffer.from([mask])]), body.subarray(1)]) {
          if (!other.equals(body)) expect(reasonOf(verify(other, signature, all))).toBe('wrong');
        }
      }),
    );
  });

  it('is refused where the secret that made it is not among them', () => {
    fc.assert(
      fc.property(bodies, secrets, fc.string({ unit: 'grapheme' }), (body, all, other) => {
        // HMAC fills a short key with zeros, so a key and the same with NULs behind it are one.
        fc.pre(!all.some((secret) => withoutZeros(secret) === withoutZeros(other)));
        expect(reasonOf(verify(body, sign(other, body), all))).toBe('wrong');
      }),
    );
  });
});

const withoutZeros = (secret: string): string => secret.replace(/\0+$/, '');

it('says of anything at all which of three faults it has, and throws for none', () => {
  const texts = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^sha1=[0-9a-f]{38,42}$/));
  const headers = fc.oneof(fc.constant(undefined), texts, fc.array(texts, { maxLength: 3 }));
  fc.assert(
    fc.property(bodies, headers, fc.array(fc.string()), (body, header, all) => {
      const isMissing = header === undefined || header.length === 0;
      const isWrong = typeof header === 'string' && isOfTheForm(header);
      expect(reasonOf(verify(body, header, all))).toBe(isMissing ? 'missing' : isWrong ? 'wrong' : 'malformed');
    }),
    { numRuns: 500 },
  );
});

it('does not take one of several headers, be it the right one', () => {
  fc.assert(
    fc.property(bodies, secrets, fc.array(fc.string(), { maxLength: 2 }), fc.nat(2), (body, all, others, at) => {
      const signed = others.toSpliced(at, 0, sign(all[0] ?? '', body));
      expect(reasonOf(verify(body, signed, all))).toBe('malformed');
    }),
  );
});

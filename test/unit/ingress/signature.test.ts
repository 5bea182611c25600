import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { verify } from '#services/ingress/signature.ts';

const BODY = Buffer.from('{"topic":"ping"}');
const sign = (secret: string, body: Buffer = BODY): string =>
  `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;
const GOOD = sign('first');

it('accepts what any of the secrets signed, and says which', () => {
  expect(verify(BODY, sign('first'), ['first', 'second'])).toEqual({ kind: 'verified', body: BODY, secretIndex: 0 });
  expect(verify(BODY, sign('second'), ['first', 'second'])).toMatchObject({ kind: 'verified', secretIndex: 1 });
});

it('computes what RFC 2202 has', () => {
  const body = Buffer.from('what do ya want for nothing?');
  const header = 'sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79';
  expect(verify(body, header, ['Jefe'])).toMatchObject({ kind: 'verified' });
});

it.each([undefined, ''])('calls %j missing', (header) => {
  expect(verify(BODY, header, ['first'])).toEqual({ kind: 'refused', reason: 'missing' });
  expect(verify(BODY, [], ['first'])).toEqual({ kind: 'refused', reason: 'missing' });
});

it.each([
  ['39 digits', GOOD.slice(0, -1)],
  ['41 digits', `${GOOD}0`],
  ['upper case', `sha1=${GOOD.slice(5).toUpperCase()}`],
  ['an upper-case name', `SHA1=${GOOD.slice(5)}`],
  ['SHA-256', `sha256=${createHmac('sha256', 'first').update(BODY).digest('hex')}`],
  ['no name', GOOD.slice(5)],
  ['two equals signs', `sha1==${GOOD.slice(5)}`],
  ['two signatures in one', `${GOOD}, ${GOOD}`],
  ['a space before', ` ${GOOD}`],
  ['a line break after', `${GOOD}\n`],
  ['no hex', `sha1=${'g'.repeat(40)}`],
  ['digits of another script', `sha1=${'٣'.repeat(40)}`],
  ['only a name', 'sha1='],
  ['10 kB', `sha1=${'0'.repeat(10_000)}`],
])('calls %s malformed, even where it would fit', (_name, header) => {
  expect(verify(BODY, header, ['first'])).toEqual({ kind: 'refused', reason: 'malformed' });
});

it('calls two headers malformed', () => {
  expect(verify(BODY, [GOOD, GOOD], ['first'])).toEqual({ kind: 'refused', reason: 'malformed' });
});

it('refuses another body, another secret, and everything where there is no secret', () => {
  const wrong = { kind: 'refused', reason: 'wrong' };
  expect(verify(Buffer.from('{"topic":"ping" }'), GOOD, ['first'])).toEqual(wrong);
  expect(verify(BODY, GOOD, ['First'])).toEqual(wrong);
  expect(verify(BODY, GOOD, [])).toEqual(wrong);
});

it('throws for nothing, and accepts nothing by chance', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string({ unit: 'binary' }), (bytes, header) => {
      expect(verify(Buffer.from(bytes), header, ['first']).kind).toBe('refused');
    }),
  );
});

import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { forge, forgeryManners, secretKey, sign } from '#services/simulator/signature.ts';

describe('sign', () => {
  it('is HMAC-SHA1 over the bytes in lower-case hex (test case 2 of RFC 2202)', () => {
    expect(sign(Buffer.from('what do ya want for nothing?'), secretKey('Jefe'))).toBe(
      'sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    );
  });
});

describe('forge', () => {
  const bytes = Buffer.from('{"topic":"ping"}');
  const secret = secretKey('client-secret');

  it.each(forgeryManners)('never gives the true signature: %s', (manner) => {
    expect(forge(bytes, secret, manner)).not.toBe(sign(bytes, secret));
  });

  it('looks like a signature, or is absent', () => {
    expect(forge(bytes, secret, 'wrong-secret')).toMatch(/^sha1=[0-9a-f]{40}$/);
    expect(forge(bytes, secret, 'other-bytes')).toMatch(/^sha1=[0-9a-f]{40}$/);
    expect(forge(bytes, secret, 'unsigned')).toBeNull();
  });
});

describe('secretKey', () => {
  it('keeps the secret out of what is printed', () => {
    const key = secretKey('hunter2-client-secret');
    expect(inspect(key, { depth: 9, showHidden: true }) + JSON.stringify({ key })).not.toContain('hunter2');
  });
});

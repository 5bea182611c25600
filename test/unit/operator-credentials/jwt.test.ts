import { randomBytes } from 'node:crypto';
import { credsAuthenticator, nkeys } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { credsFile, readJwt, signJwt } from '#operator/credentials/jwt.ts';
import { keyPair } from '#operator/credentials/nkey.ts';

const account = keyPair('account', randomBytes(32));
const user = keyPair('user', randomBytes(32));
const claims = {
  name: 'crm/support/ingress',
  subject: user.publicKey,
  issuedAt: 1_700_000_000,
  expiresAt: 1_700_100_000,
  nats: { type: 'user', version: 2, pub: { allow: ['ä.>'] } },
};

describe('a JWT', () => {
  test('is signed so that the NATS project finds it genuine, and says what was asked for', () => {
    const [header = '', payload = '', signature = ''] = signJwt(account, claims).split('.');
    const signed = Buffer.from(`${header}.${payload}`);
    const issuer = nkeys.fromPublic(account.publicKey);
    expect(issuer.verify(signed, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ typ: 'JWT', alg: 'ed25519-nkey' });
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({
      jti: expect.stringMatching(/^[A-Z2-7]{52}$/),
      iss: account.publicKey,
      sub: user.publicKey,
      name: claims.name,
      iat: claims.issuedAt,
      exp: claims.expiresAt,
      nats: claims.nats,
    });
  });

  test('is the same bytes for the same claims, and has another id for others', () => {
    expect(signJwt(account, claims)).toBe(signJwt(account, { ...claims }));
    const idOf = (jwt: string): unknown =>
      JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()).jti as unknown;
    expect(idOf(signJwt(account, claims))).not.toBe(idOf(signJwt(account, { ...claims, issuedAt: 1 })));
  });

  test('is read as it was signed, with or without an end', () => {
    expect(readJwt(signJwt(account, claims))).toEqual({ ...claims, issuer: account.publicKey });
    const endless = { ...claims, expiresAt: null };
    expect(readJwt(signJwt(account, endless))).toEqual({ ...endless, issuer: account.publicKey });
  });

  test.each(['', 'a.b.c', 'a', Buffer.from('{}').toString('base64url')])('that is none is an error: %j', (text) => {
    expect(() => readJwt(text)).toThrow();
  });
});

test('a credentials file is read by the client of the NATS project', () => {
  const jwt = signJwt(account, claims);
  const login = credsAuthenticator(Buffer.from(credsFile(jwt, user)))('nonce');
  expect(login).toMatchObject({ jwt, nkey: user.publicKey });
});

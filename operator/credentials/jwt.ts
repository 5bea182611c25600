import { hash } from 'node:crypto';
import * as z from 'zod';
import { base32, type KeyPair } from './nkey.ts';

/** The JWTs of NATS (version 2): JSON that is signed by an nkey. Who may do what is in `nats`; the server checks it all. */

export interface Claims {
  readonly name: string;
  /** Public key of whom it is about. */
  readonly subject: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** Seconds since 1970; null = never. */
  readonly expiresAt: number | null;
  readonly nats: Readonly<Record<string, unknown>>;
}

const HEADER = base64url({ typ: 'JWT', alg: 'ed25519-nkey' });

/** Equal claims give equal bytes: Ed25519 knows no chance. */
export function signJwt(issuer: KeyPair, { name, subject, issuedAt, expiresAt, nats }: Claims): string {
  const claims = {
    iss: issuer.publicKey,
    sub: subject,
    name,
    iat: issuedAt,
    ...(expiresAt === null ? {} : { exp: expiresAt }),
    nats,
  };
  const jti = base32(hash('sha256', JSON.stringify(claims), 'buffer'));
  const signed = `${HEADER}.${base64url({ jti, ...claims })}`;
  return `${signed}.${issuer.sign(Buffer.from(signed)).toString('base64url')}`;
}

const Written = z.object({
  iss: z.string(),
  sub: z.string(),
  name: z.string().default(''),
  iat: z.int(),
  exp: z.int().optional(),
  nats: z.record(z.string(), z.unknown()),
});

/** Reads what somebody has signed; whether it is genuine the server has found out. @throws Error where it is no JWT */
export function readJwt(text: string): Claims & { readonly issuer: string } {
  const [, payload = ''] = text.trim().split('.');
  const { iss, sub, name, iat, exp, nats } = Written.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  return { issuer: iss, subject: sub, name, issuedAt: iat, expiresAt: exp ?? null, nats };
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** What a client logs in with, as the tools of NATS write it into files. Secret. */
export const credsFile = (jwt: string, { seed }: KeyPair): string =>
  [
    '-----BEGIN NATS USER JWT-----',
    jwt,
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    seed,
    '------END USER NKEY SEED------',
    '',
  ].join('\n');

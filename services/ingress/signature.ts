import { createHmac, timingSafeEqual } from 'node:crypto';

declare const verified: unique symbol;

/** Bytes whose signature was checked. Nothing else can be stored: there is no other way to get this type. */
export type VerifiedBody = Buffer & { readonly [verified]: true };

export type Verification =
  | { kind: 'verified'; body: VerifiedBody; secretIndex: number }
  | { kind: 'refused'; reason: Refusal };

export type Refusal = 'missing' | 'malformed' | 'wrong';

/**
 * Checks `X-Hub-Signature: sha1=<40 lower-case hex>`, an HMAC-SHA1 of the raw body with the app's client secret, against
 * every secret; an empty one only keeps its place, as anybody could sign with it. Anything but exactly that form is
 * malformed; nothing throws.
 */
export function verify(body: Buffer, header: string | string[] | undefined, secrets: readonly string[]): Verification {
  if (header === undefined || header.length === 0) return { kind: 'refused', reason: 'missing' };
  if (typeof header !== 'string' || !FORM.test(header)) return { kind: 'refused', reason: 'malformed' };
  const given = Buffer.from(header.slice('sha1='.length), 'hex');
  const secretIndex = secrets.findIndex(
    (secret) => secret !== '' && timingSafeEqual(createHmac('sha1', secret).update(body).digest(), given),
  );
  if (secretIndex === -1) return { kind: 'refused', reason: 'wrong' };
  return { kind: 'verified', body: body as VerifiedBody, secretIndex };
}

const FORM = /^sha1=[0-9a-f]{40}$/;

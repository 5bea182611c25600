import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/** Ways to be refused: signed with a key of one's own, a true signature of something else, or nothing at all. */
export const forgeryManners = ['wrong-secret', 'other-bytes', 'unsigned'] as const;
export type ForgeryManner = (typeof forgeryManners)[number];

const FORGERS_KEY = createSecretKey('a secret that no app has', 'utf8');

/** The app's client secret as a key object, which neither a log line nor a JSON document can show. */
export function secretKey(clientSecret: string): KeyObject {
  return createSecretKey(clientSecret, 'utf8');
}

/** The value of `X-Hub-Signature`: `sha1=` and the HMAC-SHA1 of exactly these bytes in lower-case hex. */
export function sign(bytes: Buffer, secret: KeyObject): string {
  return `sha1=${createHmac('sha1', secret).update(bytes).digest('hex')}`;
}

/** The signature a forger would send along with these bytes; `null` means no header at all. */
export function forge(bytes: Buffer, secret: KeyObject, manner: ForgeryManner): string | null {
  switch (manner) {
    case 'wrong-secret':
      return sign(bytes, FORGERS_KEY);
    case 'other-bytes':
      return sign(Buffer.concat([bytes, Buffer.from('\n')]), secret);
    case 'unsigned':
      return null;
  }
}

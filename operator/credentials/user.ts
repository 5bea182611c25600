import { credsFile, signJwt } from './jwt.ts';
import type { KeyPair } from './nkey.ts';
import type { Permissions } from './permissions.ts';
import type { Validity } from './validity.ts';

export interface User {
  /** Shown by the servers' monitoring. */
  readonly name: string;
  readonly account: KeyPair;
  readonly key: KeyPair;
  readonly permissions: Permissions;
}

/** Pure. What a process logs in with, as the content of a file. Secret. */
export function userCreds({ name, account, key, permissions }: User, validity: Validity): string {
  const jwt = signJwt(account, {
    name,
    subject: key.publicKey,
    issuedAt: validity.issuedAtMs / 1000,
    expiresAt: validity.expiresAtMs / 1000,
    nats: {
      pub: { allow: permissions.publish },
      sub: { allow: permissions.subscribe },
      ...NO_LIMITS,
      type: 'user',
      version: 2,
    },
  });
  return credsFile(jwt, key);
}

const NO_LIMITS = { subs: -1, data: -1, payload: -1 };

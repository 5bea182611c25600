import { createHash } from 'node:crypto';

/** Access tokens, kept as digests: what can't be read can't be logged, and comparing takes equally long for any guess. */
export interface Tokens {
  /** Makes it the app's one token; an earlier one of the same app is over. A token speaks for the last app it was given. */
  readonly grant: (appId: string, accessToken: string) => void;
  /** @returns the app that an `Authorization: Bearer` header speaks for, null where it is none */
  readonly appOf: (authorization: string | undefined) => string | null;
}

/** Apps that have a token at once; the first one's is forgotten when another comes. */
const MAX_APPS = 100;

export function createTokens(): Tokens {
  const digests = new Map<string, string>();
  return {
    grant(appId, accessToken) {
      const digest = digestOf(accessToken);
      for (const [other, known] of digests) if (other === appId || known === digest) digests.delete(other);
      digests.set(appId, digest);
      const [first] = digests.keys();
      if (digests.size > MAX_APPS && first !== undefined) digests.delete(first);
    },
    appOf(authorization) {
      const [, accessToken] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
      if (accessToken === undefined) return null;
      const digest = digestOf(accessToken);
      for (const [appId, known] of digests) if (known === digest) return appId;
      return null;
    },
  };
}

function digestOf(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('hex');
}

import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Account, NO_CHANGE, NO_LIMITS, nextAccount } from '#operator/credentials/account.ts';
import { readJwt } from '#operator/credentials/jwt.ts';
import { keyPair } from '#operator/credentials/nkey.ts';

const NOW_S = 1_800_000_000;
const DAY_S = 86_400;
const account: Account = {
  namespace: 'crm',
  key: keyPair('account', randomBytes(32)),
  issuer: keyPair('operator', randomBytes(32)),
  limits: NO_LIMITS,
  lifetimeMs: 3 * DAY_S * 1_000,
};

const next = (current: string, { change = NO_CHANGE, nowS = NOW_S, of = account } = {}) =>
  nextAccount(of, { current, change, nowMs: nowS * 1_000 + 999 });

/** What comes of changes made one after another. */
const told = (...steps: readonly Parameters<typeof next>[1][]): string =>
  steps.reduce((current: string, step) => next(current, step).jwt ?? current, '');

const revocations = (jwt: string): unknown => readJwt(jwt).nats['revocations'];
const revoke = (...users: string[]) => ({ revoke: users, admit: [] });
const admit = (...users: string[]) => ({ revoke: [], admit: users });

describe('what the servers are to know of an account', () => {
  test('is signed by the operator, about the account, without an end', () => {
    expect(readJwt(told({}))).toMatchObject({
      issuer: account.issuer.publicKey,
      subject: account.key.publicKey,
      name: 'crm',
      issuedAt: NOW_S,
      expiresAt: null,
    });
  });

  test('is nothing new as long as nothing is to be changed, however late it is', () => {
    expect(next(told({}), { nowS: NOW_S + 10 * DAY_S }).jwt).toBeNull();
    expect(next(told({ change: revoke('U1') }), { change: admit('U2') }).jwt).toBeNull();
  });

  test('is nothing that a server would take for old, whatever the clocks say', () => {
    for (const nowS of [NOW_S - 500, NOW_S]) {
      const jwt = told({}, { change: revoke('U1'), nowS });
      expect(readJwt(jwt).issuedAt).toBe(NOW_S + 1);
      expect(revocations(jwt)).toEqual({ U1: NOW_S + 1 });
    }
  });

  test('is written anew for other limits, and by another operator', () => {
    const limits = { ...NO_LIMITS, maxDiskBytes: 5, maxStreams: 6, maxConsumers: 7, maxConnections: 8 };
    const limited = next(told({}), { of: { ...account, limits } }).jwt ?? '';
    const expected = { disk_storage: 5, streams: 6, consumer: 7, conn: 8, imports: 0, exports: 0 };
    expect(readJwt(limited).nats['limits']).toMatchObject(expected);
    const issuer = keyPair('operator', randomBytes(32));
    expect(readJwt(next(told({}), { of: { ...account, issuer } }).jwt ?? '').issuer).toBe(issuer.publicKey);
  });
});

describe('a revocation', () => {
  test('is kept beside others, with the time of each', () => {
    const jwt = told({ change: revoke('U2') }, { change: revoke('U1'), nowS: NOW_S + 9 });
    expect(revocations(jwt)).toEqual({ U1: NOW_S + 9, U2: NOW_S });
    expect(next(jwt).revoked).toEqual(['U1', 'U2']);
  });

  test('goes when its user is admitted', () => {
    expect(revocations(told({ change: revoke('U1', 'U2') }, { change: admit('U1') }))).toEqual({ U2: NOW_S });
  });

  test('goes when all that it voids has expired, and not before', () => {
    const revoked = told({ change: revoke('U1') });
    expect(next(revoked, { nowS: NOW_S + 3 * DAY_S }).jwt).toBeNull();
    const later = next(revoked, { nowS: NOW_S + 3 * DAY_S + 1 });
    expect(later.revoked).toEqual([]);
    expect(revocations(later.jwt ?? '')).toEqual({});
  });

  test('is one of 5000 at most: the oldest go', () => {
    const many = Array.from({ length: 5_000 }, (_, i) => `U${i}`);
    const { revoked } = next(told({ change: revoke('old') }), { change: revoke(...many), nowS: NOW_S + 1 });
    expect(revoked).toHaveLength(5_000);
    expect(revoked).not.toContain('old');
  });
});

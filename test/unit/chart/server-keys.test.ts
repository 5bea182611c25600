import { nkeys } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { createIssuer } from '#operator/credentials/issuer.ts';
import { readJwt } from '#operator/credentials/jwt.ts';
import { faultsOf, KEY_FILES, makeServerKeys, publicKeyOf } from '#operator/keys/server-keys.ts';

const chance = (seed: number) => ({
  operator: new Uint8Array(32).fill(seed),
  routes: new Uint8Array(32).fill(255 - seed),
});
const dir = '/data/accounts';
const files = makeServerKeys(chance(1), { dir, nowMs: 1_700_000_000_000 });
const others = makeServerKeys(chance(2), { dir, nowMs: 1_700_000_000_000 });

describe('keys that were made', () => {
  it('are found to be well, with space around them too', () => {
    expect(faultsOf(files, { dir })).toEqual([]);
    expect(faultsOf({ ...files, [KEY_FILES.seed]: `${files[KEY_FILES.seed]}\n` }, { dir })).toEqual([]);
  });

  it('hold a seed that NATS reads as one of an operator', () => {
    const pair = nkeys.fromSeed(Buffer.from(files[KEY_FILES.seed]));
    expect(pair.getPublicKey()).toBe(publicKeyOf(files));
    expect(pair.getPublicKey()).toMatch(/^O/);
  });

  it('have the servers trust who the operator is, by the same seed', () => {
    const accounts = JSON.parse(files[KEY_FILES.accounts]) as Record<string, string>;
    const { keys } = createIssuer({ operatorSeed: files[KEY_FILES.seed], clusterId: 'any' });
    expect(readJwt(accounts['operator'] ?? '')).toMatchObject({ issuer: keys.operator.publicKey, expiresAt: null });
    expect(accounts['system_account']).toBe(keys.system.publicKey);
    expect(accounts['resolver']).toMatchObject({ type: 'full', dir });
  });

  it('are others for another chance, and the accounts give no secret away', () => {
    for (const name of Object.values(KEY_FILES)) expect(files[name]).not.toBe(others[name]);
    for (const name of [KEY_FILES.seed, KEY_FILES.routes]) expect(files[KEY_FILES.accounts]).not.toContain(files[name]);
  });

  it('have a password for routes that no configuration takes for a number', () => {
    expect(files[KEY_FILES.routes]).toMatch(/^r[0-9a-f]{64}$/);
  });
});

describe('a Secret that is there', () => {
  it.each([
    [
      'nothing',
      {},
      ['operator.seed is missing or empty', 'accounts.conf is missing or empty', 'routes.password is missing or empty'],
    ],
    ['an empty seed', { ...files, 'operator.seed': ' \n' }, ['operator.seed is missing or empty']],
    [
      'the seed of an account',
      { ...files, 'operator.seed': 'SAABCD' },
      ['operator.seed is not the seed of a NATS operator'],
    ],
    [
      'the seed of others',
      { ...files, 'operator.seed': others['operator.seed'] },
      [
        'accounts.conf trusts another operator than the one of operator.seed',
        'accounts.conf has a system_account that operator.seed did not make',
      ],
    ],
    [
      'accounts that are no JSON',
      { ...files, 'accounts.conf': 'operator: x' },
      ['accounts.conf is not what this chart makes: JSON with operator, system_account and resolver'],
    ],
    [
      'digits between servers',
      { ...files, 'routes.password': '12345678901234567890' },
      ['routes.password must be a letter and then 15 or more letters and digits'],
    ],
  ])('with %s is refused by the names of its keys', (_, there, faults) => {
    expect(faultsOf(there, { dir })).toEqual(faults);
  });

  it('made for another folder is refused by both folders', () => {
    expect(faultsOf(files, { dir: '/other' })).toEqual([
      'accounts.conf keeps accounts in /data/accounts, and the servers have /other',
    ]);
  });

  it('is judged without a word of what is in it', () => {
    const wrong = {
      'operator.seed': `${files['operator.seed'].slice(0, -1)}A`,
      'accounts.conf': '{}',
      'routes.password': '1'.repeat(20),
    };
    const said = faultsOf(wrong, { dir }).join();
    expect(said).not.toBe('');
    for (const text of Object.values(wrong)) expect(said).not.toContain(text);
  });
});

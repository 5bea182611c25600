import * as z from 'zod';
import { asError } from '#shared/logger.ts';
import { readJwt } from '../credentials/jwt.ts';
import { deriveKeys, type Keys } from '../credentials/keys.ts';
import { keyPair } from '../credentials/nkey.ts';
import { serverConfig } from '../credentials/server-config.ts';

/** Pure. What our own nats-servers and the operator know each other by, as the files of one Secret. */

export const KEY_FILES = {
  /** `SO…`: whoever has it has everything. Read by the operator alone. */
  seed: 'operator.seed',
  /** Part of the configuration of each server: whom it trusts, and where it keeps accounts. Holds no secret. */
  accounts: 'accounts.conf',
  /** What servers of one cluster let each other in by. */
  routes: 'routes.password',
} as const;

type KeyFile = (typeof KEY_FILES)[keyof typeof KEY_FILES];

/** 32 bytes each that nobody can guess. */
export interface Chance {
  readonly operator: Uint8Array;
  readonly routes: Uint8Array;
}

interface Setting {
  /** Of the servers, for accounts. */
  readonly dir: string;
  readonly nowMs: number;
}

/** Keys of a NATS operator that nobody had before. */
export function makeServerKeys(chance: Chance, setting: Setting): Record<KeyFile, string> {
  const { seed } = keyPair('operator', chance.operator);
  return {
    [KEY_FILES.seed]: seed,
    [KEY_FILES.accounts]: `${JSON.stringify(serverConfig(keysOf(seed), setting), null, 2)}\n`,
    // Begins with a letter: the server would take digits alone for a number.
    [KEY_FILES.routes]: `r${Buffer.from(chance.routes).toString('hex')}`,
  };
}

/** The public key of the operator: says which keys these are, and gives nothing away. */
export const publicKeyOf = (files: Readonly<Record<string, string>>): string =>
  keysOf(files[KEY_FILES.seed] ?? '').operator.publicKey;

/** The keys of servers are the same in every cluster. */
const keysOf = (seed: string): Keys => deriveKeys(seed.trim(), '');

const Accounts = z.object({
  operator: z.string(),
  system_account: z.string(),
  resolver: z.object({ dir: z.string() }),
});

/**
 * What is wrong with the files of a Secret that is there, each with the key that is to be mended; none = the servers and
 * the operator will understand each other. Says nothing of what is in them.
 */
export function faultsOf(files: Readonly<Record<string, string>>, { dir }: Pick<Setting, 'dir'>): string[] {
  const missing = Object.values(KEY_FILES).filter((name) => (files[name] ?? '').trim() === '');
  if (missing.length > 0) return missing.map((name) => `${name} is missing or empty`);
  const routes = /^[A-Za-z][A-Za-z0-9]{15,}$/.test(files[KEY_FILES.routes]?.trim() ?? '')
    ? []
    : [`${KEY_FILES.routes} must be a letter and then 15 or more letters and digits`];
  return [...seedFaults(files, dir), ...routes];
}

function seedFaults(files: Readonly<Record<string, string>>, dir: string): string[] {
  try {
    return accountFaults(keysOf(files[KEY_FILES.seed] ?? ''), files[KEY_FILES.accounts] ?? '', dir);
  } catch (error) {
    return [`${KEY_FILES.seed} ${asError(error).message}`];
  }
}

function accountFaults({ operator, system }: Keys, text: string, dir: string): string[] {
  const name = KEY_FILES.accounts;
  const accounts = readAccounts(text);
  if (accounts === null)
    return [`${name} is not what this chart makes: JSON with operator, system_account and resolver`];
  const { issuer, subject } = accounts;
  return [
    ...(issuer === operator.publicKey && subject === operator.publicKey
      ? []
      : [`${name} trusts another operator than the one of ${KEY_FILES.seed}`]),
    ...(accounts.system === system.publicKey
      ? []
      : [`${name} has a system_account that ${KEY_FILES.seed} did not make`]),
    ...(accounts.dir === dir ? [] : [`${name} keeps accounts in ${accounts.dir}, and the servers have ${dir}`]),
  ];
}

/** null where it is something else. */
function readAccounts(text: string) {
  try {
    const { operator, system_account: system, resolver } = Accounts.parse(JSON.parse(text));
    const { issuer, subject } = readJwt(operator);
    return { issuer, subject, system, dir: resolver.dir };
  } catch {
    return null;
  }
}

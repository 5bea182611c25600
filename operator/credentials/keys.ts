import { hkdfSync } from 'node:crypto';
import { type KeyPair, type Kind, keyPair, readSeed } from './nkey.ts';

/** Whose credentials they are, within a resource. */
export type Role = { readonly kind: 'ingress' } | { readonly kind: 'worker'; readonly handler: string };

/**
 * Every key there is follows from the operator's seed, so none has to be stored, and a restarted operator knows them all.
 * Whoever has the seed has everything.
 */
export interface Keys {
  readonly operator: KeyPair;
  /** The account of the servers themselves, where other accounts are told of. */
  readonly system: KeyPair;
  readonly systemUser: KeyPair;
  /** Of a namespace. */
  readonly account: (namespace: string) => KeyPair;
  /** The operator's own user in the account of a namespace. */
  readonly operatorUser: (namespace: string) => KeyPair;
  /** By the UID of a resource: one that takes the name of another does not take its place. */
  readonly user: (uid: string, role: Role) => KeyPair;
}

/**
 * @param seed `SO…`, of the NATS operator or one of its signing keys
 * @param clusterId two clusters that share one NATS, and one seed, share no account
 * @throws Error where it is no such seed
 */
export function deriveKeys(seed: string, clusterId: string): Keys {
  const { raw, pair } = readSeed('operator', seed);
  const derived = (kind: Kind, ...path: readonly string[]): KeyPair =>
    keyPair(kind, new Uint8Array(hkdfSync('sha256', raw, SALT, path.map(encodeURIComponent).join('/'), 32)));
  return {
    operator: pair,
    system: derived('account', 'system'),
    systemUser: derived('user', 'system'),
    account: (namespace) => derived('account', 'account', clusterId, namespace),
    operatorUser: (namespace) => derived('user', 'operator', clusterId, namespace),
    user: (uid, role) => derived('user', 'user', uid, ...pathOf(role)),
  };
}

/** Says what the keys are for. Another one would mean other keys everywhere. */
const SALT = 'intercom-operator.io/v1';

function pathOf(role: Role): readonly string[] {
  switch (role.kind) {
    case 'ingress':
      return ['ingress'];
    case 'worker':
      return ['worker', role.handler];
  }
}

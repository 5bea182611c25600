import { signJwt } from './jwt.ts';
import type { Keys } from './keys.ts';

/**
 * Pure. The part of a nats-server's configuration by which it trusts the operator, as an object: its configuration files
 * may be JSON. Accounts are pushed to the servers, which keep them in a folder and tell each other.
 * @param dir of its own for each server, on a disk that stays
 * @param nowMs of no consequence but for equal bytes
 */
export function serverConfig({ operator, system }: Keys, { dir, nowMs }: { dir: string; nowMs: number }) {
  const issuedAt = Math.floor(nowMs / 1000);
  const version = { version: 2 };
  const operatorJwt = signJwt(operator, {
    name: 'intercom-operator',
    subject: operator.publicKey,
    issuedAt,
    expiresAt: null,
    nats: { system_account: system.publicKey, type: 'operator', ...version },
  });
  const systemJwt = signJwt(operator, {
    name: 'SYS',
    subject: system.publicKey,
    issuedAt,
    expiresAt: null,
    nats: { limits: SYSTEM_LIMITS, default_permissions: { pub: {}, sub: {} }, type: 'account', ...version },
  });
  return {
    operator: operatorJwt,
    system_account: system.publicKey,
    // An account stays when it is empty: its streams may be asked for again.
    resolver: { type: 'full', dir, allow_delete: false, interval: '2m' },
    resolver_preload: { [system.publicKey]: systemJwt },
  };
}

const SYSTEM_LIMITS = {
  subs: -1,
  data: -1,
  payload: -1,
  imports: -1,
  exports: -1,
  wildcards: true,
  conn: -1,
  leaf: -1,
};

import { asError } from '#shared/logger.ts';
import type { Clock } from '../clock.ts';
import { type Account, type Change, NO_CHANGE } from './account.ts';
import type { Issuer } from './issuer.ts';
import { type Broker, Link } from './link.ts';
import { open, type Servers } from './open.ts';
import { operatorPermissions, systemPermissions } from './permissions.ts';
import { updateAccount } from './registry.ts';
import { type User, userCreds } from './user.ts';
import { lifetimeMs, validityAt } from './validity.ts';

export interface TenantsOptions {
  readonly servers: Servers;
  readonly issuer: Issuer;
  /** Of a user of the system account; null = that account is ours too, as `serverConfig` makes it. */
  readonly systemCreds: string | null;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly onBack: (namespace: string) => void;
  /** Beyond this the one that was not used for longest is closed. Default 1000. */
  readonly maxConnections?: number;
}

/** How a change of users ended. */
export type Done = { readonly kind: 'done' } | { readonly kind: 'away'; readonly message: string };

interface Tenant {
  readonly link: Link;
  usedAtMs: number;
  revoked: ReadonlySet<string>;
  /** The last of the changes of its account, one of which is made at a time. */
  turn: Promise<unknown>;
}

/** Every resource is looked at more often than this. */
const IDLE_MS = 30 * 60_000;
const MAX_CONNECTIONS = 1_000;

/** One connection for each namespace, into an account of its own, and one by which the servers are told of the accounts. */
export class Tenants {
  readonly #options: TenantsOptions;
  readonly #system: Link;
  /** By namespace; the one used last is the last. */
  readonly #tenants = new Map<string, Tenant>();

  constructor(options: TenantsOptions) {
    this.#options = options;
    const { servers, systemCreds, clock } = options;
    const creds = () => systemCreds ?? this.#creds(this.#systemUser());
    this.#system = new Link({
      connect: () => open({ ...servers, name: `${servers.name} (accounts)` }, creds),
      onBack: () => undefined,
      clock,
    });
  }

  of(namespace: string): Promise<Broker> {
    return this.#tenant(namespace).link.get();
  }

  async admit(namespace: string, users: readonly string[]): Promise<Done> {
    const broker = await this.of(namespace);
    if (broker.kind === 'away') return broker;
    const { revoked } = this.#tenant(namespace);
    return users.some((user) => revoked.has(user)) ? this.#change(namespace, { revoke: [], admit: users }) : DONE;
  }

  revoke(namespace: string, users: readonly string[]): Promise<Done> {
    return this.#change(namespace, { revoke: users, admit: [] });
  }

  async close(): Promise<void> {
    const links = [this.#system, ...Array.from(this.#tenants.values(), ({ link }) => link)];
    await Promise.all(links.map((link) => link.close()));
  }

  #tenant(namespace: string): Tenant {
    const nowMs = this.#options.clock.now();
    const tenant = this.#tenants.get(namespace) ?? this.#begin(namespace);
    tenant.usedAtMs = nowMs;
    this.#tenants.delete(namespace);
    this.#tenants.set(namespace, tenant);
    this.#closeIdle(nowMs);
    return tenant;
  }

  #begin(namespace: string): Tenant {
    const { servers, clock, onBack } = this.#options;
    const connect = async () => {
      await this.#update(namespace, NO_CHANGE);
      return open(servers, () => this.#creds(this.#operatorUser(namespace)));
    };
    const link = new Link({ connect, onBack: () => onBack(namespace), clock });
    return { link, usedAtMs: 0, revoked: new Set(), turn: Promise.resolve() };
  }

  /** The oldest first: those behind it have been used since. */
  #closeIdle(nowMs: number): void {
    const { maxConnections = MAX_CONNECTIONS } = this.#options;
    for (const [namespace, { link, usedAtMs }] of this.#tenants) {
      if (usedAtMs + IDLE_MS > nowMs && this.#tenants.size <= maxConnections) return;
      this.#tenants.delete(namespace);
      void link.close();
    }
  }

  async #change(namespace: string, change: Change): Promise<Done> {
    try {
      await this.#update(namespace, change);
      return DONE;
    } catch (error) {
      return { kind: 'away', message: asError(error).message };
    }
  }

  #update(namespace: string, change: Change): Promise<void> {
    const tenant = this.#tenant(namespace);
    const { nowMs } = this.#options;
    const update = async () => {
      const system = await this.#system.get();
      if (system.kind === 'away') throw new Error(system.message);
      const at = { change, nowMs: nowMs() };
      const revoked = await updateAccount(system.connection, this.#account(namespace), at).catch((cause: unknown) => {
        const why = asError(cause).message;
        throw new Error(`NATS cannot be told of the account of namespace ${namespace}: ${why}`, { cause });
      });
      tenant.revoked = new Set(revoked);
    };
    const updated = tenant.turn.then(update);
    tenant.turn = updated.catch(() => undefined);
    return updated;
  }

  #account(namespace: string): Account {
    const { keys, limits, periodMs } = this.#options.issuer;
    const key = keys.account(namespace);
    return { namespace, key, issuer: keys.operator, limits, lifetimeMs: lifetimeMs(periodMs) };
  }

  #operatorUser(namespace: string): User {
    const { keys } = this.#options.issuer;
    const [account, key] = [keys.account(namespace), keys.operatorUser(namespace)];
    return { name: 'operator', account, key, permissions: operatorPermissions() };
  }

  #systemUser(): User {
    const { system, systemUser } = this.#options.issuer.keys;
    return { name: 'operator', account: system, key: systemUser, permissions: systemPermissions() };
  }

  #creds(user: User): string {
    const { nowMs, issuer } = this.#options;
    return userCreds(user, validityAt(nowMs(), { uid: user.key.publicKey, periodMs: issuer.periodMs }));
  }
}

const DONE: Done = { kind: 'done' };

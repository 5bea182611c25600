import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';

/**
 * Where a local installation answers for its dead letters, and with which token: a file of its own for each, which only
 * its owner can read. It goes when the installation ends.
 */
const Session = z.object({
  pid: z.int().positive(),
  url: z.url(),
  token: z.string().min(1),
  /** `namespace/name` */
  webhooks: z.array(z.string()),
});
export type Session = z.output<typeof Session>;

type Env = Readonly<Record<string, string | undefined>>;

/** `$XDG_STATE_HOME/intercom-operator/local` */
function sessionFolder(env: Env): string {
  const base = env['XDG_STATE_HOME'];
  const state = base === undefined || base === '' ? join(homedir(), '.local', 'state') : base;
  return join(state, 'intercom-operator', 'local');
}

/**
 * Writes the file, and removes those of processes that are no more.
 * @returns what removes it
 * @throws Error where the folder cannot be written to
 */
export function writeSession(env: Env, session: Session): () => void {
  const folder = sessionFolder(env);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { file, session } of readSessions(folder)) if (!isAlive(session.pid)) rmSync(file, { force: true });
  const file = join(folder, `${session.pid}-${new URL(session.url).port}.json`);
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(session)}\n`, { mode: 0o600, flag: 'wx' });
  return () => rmSync(file, { force: true });
}

/**
 * The installation that runs a webhook, `namespace/name`.
 * @throws Error that says what runs instead, or how to start one
 */
export function findSession(env: Env, webhook: string): Session {
  const sessions = readSessions(sessionFolder(env)).map(({ session }) => session);
  const alive = sessions.filter(({ pid }) => isAlive(pid));
  const found = alive.find(({ webhooks }) => webhooks.includes(webhook));
  if (found !== undefined) return found;
  if (alive.length > 0) {
    const there = alive.flatMap(({ webhooks }) => webhooks).toSorted();
    throw new Error(`no IntercomWebhook ${webhook} runs on this machine; there is ${there.join(', ')}: see -n`);
  }
  const [stale] = sessions;
  const before = stale === undefined ? '' : `: the one that did (process ${stale.pid}) ended without saying so`;
  throw new Error(`nothing runs on this machine${before}; start it: npm run local -- -f FILE`);
}

function readSessions(folder: string): { file: string; session: Session }[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const file = join(folder, name);
      const session = readSession(file);
      return session === null ? [] : [{ file, session }];
    });
}

/** Null where it is gone by now, or not what we write. */
function readSession(file: string): Session | null {
  try {
    return Session.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

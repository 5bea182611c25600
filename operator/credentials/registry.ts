import type { Msg, NatsConnection } from '@nats-io/transport-node';
import * as z from 'zod';
import { type Account, type Change, nextAccount } from './account.ts';
import { readJwt } from './jwt.ts';

/** A server answers within milliseconds; one that is away does not at all. */
const TIMEOUT_MS = 1_500;
/** In a cluster each server answers with what it knows. Who has said nothing so long after another is taken to be away. */
const STALL_MS = 100;
const MAX_ANSWERS = 64;

/**
 * Brings what the servers know of an account to what it should be, over a connection to the system account. They are the
 * only place where revocations are kept, so changes of one account must come one after another.
 * @returns the public keys that are revoked now
 * @throws Error where no server answers in time, or one refuses
 */
export async function updateAccount(
  system: NatsConnection,
  account: Account,
  { change, nowMs }: { change: Change; nowMs: number },
): Promise<readonly string[]> {
  const current = await lookUp(system, account.key.publicKey);
  const { jwt, revoked } = nextAccount(account, { current, change, nowMs });
  if (jwt !== null) readUpdate(await system.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: TIMEOUT_MS }));
  return revoked;
}

/** The newest that any server has; '' where none knows the account. */
async function lookUp(system: NatsConnection, publicKey: string): Promise<string> {
  const isAlone = system.info?.cluster === undefined;
  const answers = await system.requestMany(`$SYS.REQ.ACCOUNT.${publicKey}.CLAIMS.LOOKUP`, '', {
    strategy: isAlone ? 'count' : 'stall',
    maxMessages: isAlone ? 1 : MAX_ANSWERS,
    maxWait: TIMEOUT_MS,
    stall: STALL_MS,
  });
  let newest: string | null = null;
  for await (const answer of answers) {
    const jwt = answer.string();
    if (newest === null || issuedAtOf(jwt) > issuedAtOf(newest)) newest = jwt;
  }
  if (newest === null) throw new Error('no server of NATS says what it knows of the account');
  return newest;
}

const issuedAtOf = (jwt: string): number => (jwt === '' ? 0 : readJwt(jwt).issuedAt);

const Update = z.object({
  data: z.object({ code: z.int() }).optional(),
  error: z.object({ description: z.string() }).optional(),
});

/** @throws Error where the server did not take it */
function readUpdate(answer: Msg): void {
  const { data, error } = Update.parse(answer.json());
  if (error !== undefined || data?.code !== 200)
    throw new Error(`NATS does not take the account: ${error?.description ?? 'it does not say why'}`);
}

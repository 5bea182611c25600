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
 * Of three servers any two have one in common with those that took the last change. A server that has just come back
 * answers alone until it has found the others, and may know nothing of that.
 */
const MIN_IN_CLUSTER = 2;

/**
 * Brings what the servers know of an account to what it should be, over a connection to the system account. They are the
 * only place where revocations are kept, so changes of one account must come one after another.
 * @returns the public keys that are revoked now
 * @throws Error where too few servers answer in time, or one refuses
 */
export async function updateAccount(
  system: NatsConnection,
  account: Account,
  { change, nowMs }: { change: Change; nowMs: number },
): Promise<readonly string[]> {
  const known = await ask(system, `$SYS.REQ.ACCOUNT.${account.key.publicKey}.CLAIMS.LOOKUP`);
  const [current = ''] = known.map((answer) => answer.string()).toSorted((a, b) => issuedAtOf(b) - issuedAtOf(a));
  const { jwt, revoked } = nextAccount(account, { current, change, nowMs });
  if (jwt === null) return revoked;
  for (const answer of await ask(system, '$SYS.REQ.CLAIMS.UPDATE', jwt)) readUpdate(answer);
  return revoked;
}

/** @throws Error where too few servers answer in time */
async function ask(system: NatsConnection, subject: string, payload = ''): Promise<readonly Msg[]> {
  const isAlone = system.info?.cluster === undefined;
  const incoming = await system.requestMany(subject, payload, {
    strategy: isAlone ? 'count' : 'stall',
    maxMessages: isAlone ? 1 : MAX_ANSWERS,
    maxWait: TIMEOUT_MS,
    stall: STALL_MS,
  });
  const answers: Msg[] = [];
  for await (const answer of incoming) answers.push(answer);
  const wanted = isAlone ? 1 : MIN_IN_CLUSTER;
  if (answers.length >= wanted) return answers;
  throw new Error(`accounts: ${answers.length} servers of NATS answer, ${wanted} have to: look whether the others run`);
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

import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node';
import { asError, type Logger } from './logger.ts';
import { type NatsServers, unreachable } from './nats-tls.ts';

/** A server that was restarted is back before. */
const FIRST_MS = 2_000;
const LONGEST_MS = 30_000;

/**
 * The client tries for ever, and says of no try why it failed. So while it is away, this tries too, more and more rarely,
 * and logs each reason once. Ends with the signal, or where a try does well.
 */
export async function logAbsence(
  servers: NatsServers,
  { options, logger, signal }: { options: ConnectionOptions; logger: Logger; signal: AbortSignal },
): Promise<void> {
  let told = '';
  for (let pauseMs = FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_MS)) {
    await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    if (signal.aborted) return;
    const failure = await failureOf(connect({ ...options, name: `${options.name} (why)`, reconnect: false }));
    if (failure === null || signal.aborted) return;
    const err = unreachable(servers, failure);
    if (err.message !== told) logger.warn({ err }, 'nats is away');
    told = err.message;
  }
}

async function failureOf(connecting: Promise<NatsConnection>): Promise<Error | null> {
  const connection = await connecting.catch(asError);
  if (connection instanceof Error) return connection;
  await connection.close();
  return null;
}

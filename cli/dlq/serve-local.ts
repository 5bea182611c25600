import { randomBytes } from 'node:crypto';
import { connect } from '@nats-io/transport-node';
import { freePort } from '#cli/local/free-port.ts';
import { type AuditLog, buildDeadLetterApi } from '#operator/dead-letters/api.ts';
import { openDeadLetterStream } from '#operator/dead-letters/stream.ts';
import { writeSession } from './session.ts';

export interface DeadLetterServerOptions {
  readonly natsUrls: readonly string[];
  /** `namespace/name` of those that run here. */
  readonly webhooks: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string) => void;
  readonly onProgress: (line: string) => void;
}

export interface DeadLetterServer {
  /** Removes what others find it by; for an end that is not orderly. */
  readonly removeNow: () => void;
  close(): Promise<void>;
}

/**
 * What the operator answers in a cluster, for the installation on this machine: the dead letters, on loopback, to whoever
 * can read the owner's files.
 */
export async function serveDeadLetters(options: DeadLetterServerOptions): Promise<DeadLetterServer> {
  const { natsUrls, webhooks, env, onLine, onProgress } = options;
  const connection = await connect({
    servers: [...natsUrls],
    name: 'dead letters',
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    timeout: 2_000,
  });
  const token = randomBytes(32).toString('base64url');
  const audit: AuditLog = {
    info: (fields, message) => onLine(JSON.stringify({ level: 'info', ...fields, msg: message })),
  };
  const app = buildDeadLetterApi({ stream: await openDeadLetterStream(connection), token, audit });
  const url = await app.listen({ host: '127.0.0.1', port: await freePort() });
  let removeNow = (): void => undefined;
  try {
    removeNow = writeSession(env, { pid: process.pid, url, token, webhooks: [...webhooks] });
  } catch (error) {
    onProgress(`dead letters cannot be asked for: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {
    removeNow: () => removeNow(),
    async close() {
      removeNow();
      await app.close();
      await connection.close();
    },
  };
}

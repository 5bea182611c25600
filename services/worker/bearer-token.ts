import { readFile } from 'node:fs/promises';
import { asError, type Logger } from '#shared/logger.ts';

/** The kubelet itself takes up to a minute to replace a file. */
const RELOAD_MS = 5_000;

interface Watching {
  readonly everyMs: number;
  readonly signal: AbortSignal | null;
}

/**
 * The bearer token for a handler that runs elsewhere, as it is mounted at the moment: the kubelet replaces the file when
 * the Secret changes, so it is read again every few seconds, and a rotation needs no restart. A file that cannot be read,
 * or became empty, changes nothing.
 * @param path empty = the handler needs none
 * @returns what tells the token; null where none is needed
 * @throws Error naming the file when it cannot be read or is empty
 */
export async function mountedToken(
  path: string,
  logger: Logger,
  { everyMs, signal }: Watching = { everyMs: RELOAD_MS, signal: null },
): Promise<(() => string) | null> {
  if (path === '') return null;
  let current = await readToken(path);
  const reload = async (): Promise<void> => {
    const token = await readToken(path).catch(asError);
    if (token instanceof Error) {
      logger.error({ err: token }, 'token of the handler not readable, the last one stays in force');
    } else if (token !== current) {
      current = token;
      logger.info('token of the handler changed');
    }
  };
  const timer = setInterval(() => void reload(), everyMs);
  timer.unref();
  signal?.addEventListener('abort', () => clearInterval(timer), { once: true });
  return () => current;
}

async function readToken(path: string): Promise<string> {
  const token = (await readFile(path, 'utf8')).trim();
  if (token === '') throw new Error(`${path} is empty: check spec.handlers[].http.authSecretKeyRef`);
  return token;
}

import { readFile } from 'node:fs/promises';
import { asError, type Logger } from '#shared/logger.ts';

/**
 * The bearer token for a handler that runs elsewhere, as mounted. The kubelet replaces the file when the Secret changes, so
 * it is read again every few seconds; a rotation needs no restart.
 */
export class BearerToken {
  readonly #path: string;
  readonly #logger: Logger;
  #current: string;

  private constructor(path: string, logger: Logger, current: string) {
    this.#path = path;
    this.#logger = logger;
    this.#current = current;
  }

  /** @throws Error naming the file when it cannot be read or is empty */
  static async load(path: string, logger: Logger): Promise<BearerToken> {
    return new BearerToken(path, logger, await readToken(path));
  }

  current(): string {
    return this.#current;
  }

  /** Reads again every `intervalMs` until aborted. A file that cannot be read or became empty changes nothing. */
  watch(intervalMs: number, signal: AbortSignal): void {
    const timer = setInterval(() => void this.#reload(), intervalMs);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  async #reload(): Promise<void> {
    const token = await readToken(this.#path).catch(asError);
    if (token instanceof Error) {
      this.#logger.error({ err: token }, 'token of the handler not readable, the last one stays in force');
      return;
    }
    if (token === this.#current) return;
    this.#current = token;
    this.#logger.info('token of the handler changed');
  }
}

async function readToken(path: string): Promise<string> {
  const token = (await readFile(path, 'utf8')).trim();
  if (token === '') throw new Error(`${path} is empty: check spec.handlers[].http.authSecretKeyRef`);
  return token;
}

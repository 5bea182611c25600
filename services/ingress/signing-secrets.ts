import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asError, type Logger } from '#shared/logger.ts';

/**
 * The signing secrets, as mounted: one file per secret, in the order of their names. The kubelet replaces the files when
 * a Secret changes, so they are read again every few seconds; a rotation needs no restart.
 */
export class SigningSecrets {
  readonly #dir: string;
  readonly #logger: Logger;
  #current: readonly string[];

  private constructor(dir: string, logger: Logger, current: readonly string[]) {
    this.#dir = dir;
    this.#logger = logger;
    this.#current = current;
  }

  /** @throws Error naming the folder when it cannot be read or holds no secret */
  static async load(dir: string, logger: Logger): Promise<SigningSecrets> {
    const secrets = await readSecrets(dir);
    if (!secrets.some(isGiven)) throw new Error(`no signing secret in ${dir}: check spec.signing.secretKeyRefs`);
    return new SigningSecrets(dir, logger, secrets);
  }

  /** By their place in `spec.signing.secretKeyRefs`; empty where the file is. */
  current(): readonly string[] {
    return this.#current;
  }

  /** Reads again every `intervalMs` until aborted. A folder that cannot be read or became empty changes nothing. */
  watch(intervalMs: number, signal: AbortSignal): void {
    const timer = setInterval(() => void this.#reload(), intervalMs);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  async #reload(): Promise<void> {
    const secrets = await readSecrets(this.#dir).catch(asError);
    if (secrets instanceof Error || !secrets.some(isGiven)) {
      const problem = secrets instanceof Error ? secrets.message : 'no secret found';
      this.#logger.error({ dir: this.#dir, problem }, 'signing secrets not readable, the last ones stay in force');
      return;
    }
    if (secrets.length === this.#current.length && secrets.every((secret, i) => secret === this.#current[i])) return;
    this.#current = secrets;
    this.#logger.info({ count: secrets.length }, 'signing secrets changed');
  }
}

/** Three at most, as the resource allows. A line break at the end is the editor's, not Intercom's. */
async function readSecrets(dir: string): Promise<string[]> {
  const names = (await readdir(dir))
    .filter((name) => !name.startsWith('.'))
    .toSorted()
    .slice(0, 3);
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
  return texts.map((text) => text.replace(/[\r\n]+$/, ''));
}

const isGiven = (secret: string): boolean => secret !== '';

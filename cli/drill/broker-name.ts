import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Reserved (RFC 6761): whoever does not have the stand-in never finds it. */
const HOST = 'broker.drill.test';
const STAND_IN = new URL('./resolver-stand-in.ts', import.meta.url);

/**
 * A DNS name for the broker that can be gone. A stand-in for the machine's resolver answers it from a folder, in the
 * processes that get {@link nodeOptions} and nowhere else.
 */
export class BrokerName {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<BrokerName> {
    const name = new BrokerName(await mkdtemp(join(tmpdir(), 'intercom-drill-names-')));
    await name.know();
    return name;
  }

  /** Of Node.js processes that are to know the name. */
  get nodeOptions(): string {
    const standIn = new URL(STAND_IN);
    standIn.searchParams.set('names', pathToFileURL(this.#folder).href);
    return `--import=${standIn.href}`;
  }

  /** The same server, by its name. */
  urlFor(natsUrl: string): string {
    return `nats://${HOST}:${new URL(natsUrl).port}`;
  }

  /** From now on lookups fail, as for a name that does not exist. */
  forget(): Promise<void> {
    return rm(join(this.#folder, HOST), { force: true });
  }

  know(): Promise<void> {
    return writeFile(join(this.#folder, HOST), '127.0.0.1');
  }

  /** How many lookups have failed since the name was made. */
  async misses(): Promise<number> {
    const lines = await readFile(join(this.#folder, 'misses'), 'utf8').catch(() => '');
    return lines.split('\n').length - 1;
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const STAND_IN = new URL('./clock-stand-in/main.ts', import.meta.url);

/** The wall clocks of the processes that get {@link nodeOptions}, each to be set by its pod's name. */
export class Clocks {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(): Promise<Clocks> {
    return new Clocks(await mkdtemp(join(tmpdir(), 'intercom-drill-clocks-')));
  }

  get nodeOptions(): string {
    const standIn = new URL(STAND_IN);
    standIn.searchParams.set('clocks', pathToFileURL(this.#folder).href);
    return `--import=${standIn.href}`;
  }

  /** From now on, and for every process that the pod has later, it is so much later there. */
  async set(pod: string, offsetMs: number): Promise<void> {
    const next = join(this.#folder, `${pod}.next`);
    await writeFile(next, String(offsetMs));
    await rename(next, join(this.#folder, pod));
  }

  /** What the pod's process took the time to be, in ms since 1970, just after it was last set; null where it never was. */
  async believes(pod: string): Promise<number | null> {
    const text = await readFile(join(this.#folder, `${pod}.believes`), 'utf8').catch(() => '');
    return text === '' ? null : Number(text);
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

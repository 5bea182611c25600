import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { DrillEvidence } from './verdict.ts';

/** Keeps what a drill was judged by, and what its processes said, for whoever wants to know why. */
export class EvidenceFolder {
  readonly #base: string;
  readonly #log: WriteStream;

  private constructor(base: string) {
    this.#base = base;
    this.#log = createWriteStream(`${base}.log`);
  }

  /** `<folder>/<name>.log` is written as it comes, `<folder>/<name>.json` by {@link keep}. */
  static async open(folder: string, name: string): Promise<EvidenceFolder> {
    await mkdir(folder, { recursive: true });
    return new EvidenceFolder(join(folder, name));
  }

  /** Pod, container and what it said. */
  line(pod: string, container: string, text: string): void {
    this.#log.write(`${pod}/${container} ${text}\n`);
  }

  keep(evidence: DrillEvidence): Promise<void> {
    return writeFile(`${this.#base}.json`, JSON.stringify(evidence));
  }

  async close(): Promise<void> {
    this.#log.end();
    await finished(this.#log);
  }
}

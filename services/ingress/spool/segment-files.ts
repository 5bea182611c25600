import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fill, overwrite } from './fill.ts';
import { syncFolder } from './folder.ts';
import { Serial } from './serial.ts';

export interface SegmentFile {
  readonly path: string;
  readonly firstSeq: number;
  readonly byteLength: number;
  /** So many at its beginning are not known to be zeros. */
  readonly dirtyBytes: number;
}

export interface FileLimits {
  /** Of all files together. Where a start finds more, spares go at once, segments with their last record. */
  readonly maxBytes: number;
  /** Of each new one. */
  readonly segmentBytes: number;
}

type Spare = Omit<SegmentFile, 'firstSeq'>;

/** What a folder holds at the start. */
export interface Opening {
  readonly files: SegmentFiles;
  /** Oldest first. */
  readonly segments: readonly SegmentFile[];
  /** Above every sequence that an earlier use of a spare may have left in it. */
  readonly nextSeq: number;
}

const NAME = /^(\d{16})(?:-\d{16})?\.(segment|spare)$/;
const digits = (seq: number): string => String(seq).padStart(16, '0');

/**
 * The files of a folder. Writing into a file that has its blocks already needs no change of the file system's own
 * records with each sync, so files are filled with zeros ahead. That is as much work for the disk as the records are, and
 * what is synced meanwhile waits for it: so files are kept, and used again without.
 *
 *     (nothing) ──fill, sync──▶ <above all in it>-<its first>.spare ──rename, sync──▶ <first sequence>.segment
 *                                     ▲                                                │
 *                                     └──────────── its records are all gone ──────────┘   (one that failed is deleted)
 *
 * A file that is used again still holds its old records. Their sequences are below that of its name, so that they are
 * never taken for new ones, even where everything but the spare is lost. While nothing waits they are overwritten, and the
 * name begins with 0 then: what was published or given up is not to be read in a file for ever.
 */
export class SegmentFiles {
  readonly #folder: string;
  readonly #limits: FileLimits;
  readonly #serial = new Serial();
  readonly #spares: Spare[] = [];
  #bytes = 0;
  #blanking: Promise<void> = Promise.resolve();

  private constructor(folder: string, limits: FileLimits) {
    this.#folder = folder;
    this.#limits = limits;
  }

  /** @throws Error of the file system */
  static async open(folder: string, limits: FileLimits): Promise<Opening> {
    const files = new SegmentFiles(folder, limits);
    const segments: SegmentFile[] = [];
    const spares: SegmentFile[] = [];
    let nextSeq = 1;
    for (const name of (await readdir(folder)).toSorted()) {
      const path = join(folder, name);
      if (name.endsWith('.part')) await unlink(path);
      const [, seq, kind] = NAME.exec(name) ?? [];
      if (seq === undefined) continue;
      const { size } = await stat(path);
      files.#bytes += size;
      const file = { path, firstSeq: Number(seq), byteLength: size };
      if (kind === 'segment') segments.push({ ...file, dirtyBytes: size });
      else spares.push({ ...file, dirtyBytes: file.firstSeq === 0 ? 0 : size });
    }
    for (const { firstSeq, ...spare } of spares) {
      if (await files.#adopt(spare)) nextSeq = Math.max(nextSeq, firstSeq);
    }
    return { files, segments, nextSeq };
  }

  /**
   * A segment whose records are `firstSeq` and those behind it.
   * @returns null where `maxBytes` does not allow another
   * @throws Error of the file system
   */
  take(firstSeq: number): Promise<SegmentFile | null> {
    return this.#serial.run(async () => {
      const spare = this.#spares.pop() ?? (await this.#make());
      if (spare === null) return null;
      const path = join(this.#folder, `${digits(firstSeq)}.segment`);
      try {
        await rename(spare.path, path);
        // Its name has to outlast a loss of power, or what is written into it would not be found.
        await syncFolder(this.#folder);
      } catch (error) {
        this.#bytes -= spare.byteLength;
        for (const either of [spare.path, path]) await unlink(either).catch(() => undefined);
        throw error;
      }
      return { ...spare, path, firstSeq };
    });
  }

  /** Has a spare ready, where `maxBytes` allows. */
  prepare(): Promise<void> {
    return this.#serial.run(async () => {
      if (this.#spares.length > 0) return;
      const spare = await this.#make();
      if (spare !== null) this.#spares.push(spare);
    });
  }

  /**
   * Takes back a segment that nobody needs; the caller has closed it.
   * @param nextSeq above every sequence in it; null where it must not be written again
   */
  giveBack({ path, firstSeq, byteLength, dirtyBytes }: SegmentFile, nextSeq: number | null): Promise<void> {
    return this.#serial.run(async () => {
      if (nextSeq !== null && this.#isWanted(byteLength)) {
        const spare = join(this.#folder, `${digits(nextSeq)}-${digits(firstSeq)}.spare`);
        await rename(path, spare);
        this.#spares.push({ path: spare, byteLength, dirtyBytes });
      } else {
        await unlink(path);
        this.#bytes -= byteLength;
      }
      await syncFolder(this.#folder);
    });
  }

  /**
   * Overwrites what spares hold of records that are gone, one after the other, as long as `goesOn` says so. Meanwhile the
   * others can be taken. Not to be called again before it has ended.
   * @throws Error of the file system
   */
  async blank(goesOn: () => boolean): Promise<void> {
    this.#blanking = this.#blankAll(goesOn);
    await this.#blanking;
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#blanking.catch(() => undefined);
    await this.#serial.run(async () => undefined);
  }

  async #adopt(spare: Spare): Promise<boolean> {
    if (this.#isWanted(spare.byteLength)) {
      this.#spares.push(spare);
      return true;
    }
    await unlink(spare.path);
    this.#bytes -= spare.byteLength;
    return false;
  }

  async #blankAll(goesOn: () => boolean): Promise<void> {
    for (;;) {
      const spare = goesOn() ? this.#spares.find(({ dirtyBytes }) => dirtyBytes > 0) : undefined;
      if (spare === undefined) return;
      this.#spares.splice(this.#spares.indexOf(spare), 1);
      try {
        this.#spares.unshift(await this.#blankOne(spare, goesOn));
      } catch (error) {
        await unlink(spare.path).catch(() => undefined);
        this.#bytes -= spare.byteLength;
        throw error;
      }
    }
  }

  async #blankOne(spare: Spare, goesOn: () => boolean): Promise<Spare> {
    if (!(await overwrite(spare.path, spare.dirtyBytes, goesOn))) return spare;
    const path = this.#blankPath();
    await rename(spare.path, path);
    return { path, byteLength: spare.byteLength, dirtyBytes: 0 };
  }

  /** A name that no spare has. */
  #blankPath(): string {
    const taken = new Set(this.#spares.map(({ path }) => path));
    for (let i = 0; ; i += 1) {
      const path = join(this.#folder, `${digits(0)}-${digits(i)}.spare`);
      if (!taken.has(path)) return path;
    }
  }

  #isWanted(byteLength: number): boolean {
    return byteLength === this.#limits.segmentBytes && this.#bytes <= this.#limits.maxBytes;
  }

  async #make(): Promise<Spare | null> {
    const byteLength = this.#limits.segmentBytes;
    if (this.#bytes + byteLength > this.#limits.maxBytes) return null;
    const path = join(this.#folder, `${digits(0)}.spare`);
    try {
      await fill(`${path}.part`, byteLength);
      await rename(`${path}.part`, path);
    } catch (error) {
      // What has been filled so far is what a full disk lacks.
      await unlink(`${path}.part`).catch(() => undefined);
      throw error;
    }
    this.#bytes += byteLength;
    return { path, byteLength, dirtyBytes: 0 };
  }
}

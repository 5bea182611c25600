import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './folder.ts';
import { Serial } from './serial.ts';

export interface SegmentFile {
  readonly path: string;
  readonly firstSeq: number;
  readonly byteLength: number;
}

export interface FileLimits {
  /** Of all files together. Where a start finds more, spares go at once, segments with their last record. */
  readonly maxBytes: number;
  /** Of each new one. */
  readonly segmentBytes: number;
}

interface Spare {
  readonly path: string;
  readonly byteLength: number;
}

/** What a folder holds at the start. */
export interface Opening {
  readonly files: SegmentFiles;
  /** Oldest first. */
  readonly segments: readonly SegmentFile[];
  /** Above every sequence that an earlier use of a spare may have left in it. */
  readonly nextSeq: number;
}

const FILL = Buffer.alloc(1024 * 1024);
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
 * never taken for new ones, even where everything but the spare is lost.
 */
export class SegmentFiles {
  readonly #folder: string;
  readonly #limits: FileLimits;
  readonly #serial = new Serial();
  readonly #spares: Spare[] = [];
  #bytes = 0;

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
      (kind === 'segment' ? segments : spares).push({ path, firstSeq: Number(seq), byteLength: size });
    }
    for (const { path, firstSeq, byteLength } of spares) {
      if (await files.#adopt(path, byteLength)) nextSeq = Math.max(nextSeq, firstSeq);
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
      return { path, firstSeq, byteLength: spare.byteLength };
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
  giveBack({ path, firstSeq, byteLength }: SegmentFile, nextSeq: number | null): Promise<void> {
    return this.#serial.run(async () => {
      if (nextSeq !== null && this.#isWanted(byteLength)) {
        const spare = { path: join(this.#folder, `${digits(nextSeq)}-${digits(firstSeq)}.spare`), byteLength };
        await rename(path, spare.path);
        this.#spares.push(spare);
      } else {
        await unlink(path);
        this.#bytes -= byteLength;
      }
      await syncFolder(this.#folder);
    });
  }

  /** Waits for what is under way. */
  close(): Promise<void> {
    return this.#serial.run(async () => undefined);
  }

  async #adopt(path: string, byteLength: number): Promise<boolean> {
    if (this.#isWanted(byteLength)) {
      this.#spares.push({ path, byteLength });
      return true;
    }
    await unlink(path);
    this.#bytes -= byteLength;
    return false;
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
    return { path, byteLength };
  }
}

async function fill(path: string, byteLength: number): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    for (let offset = 0; offset < byteLength; ) {
      const { bytesWritten } = await handle.write(FILL, 0, Math.min(FILL.length, byteLength - offset), offset);
      offset += bytesWritten;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

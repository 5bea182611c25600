import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { SegmentFile } from './segment-files.ts';
import type { SegmentIndex } from './segment-index.ts';

/** A write returns when it is on the disk: one call, where a write and a sync are two, each handed to a thread and back. */
const FLAGS = constants.O_RDWR | constants.O_DSYNC;

/** An open file of the log, with what is known of it. */
export class Segment {
  readonly file: SegmentFile;
  readonly index: SegmentIndex;
  /** How many of its records are not gone. */
  held = 0;
  /** Nothing will be written to it any more. */
  isSealed = false;
  /** Nothing that was written to it failed. */
  isTrusted = true;
  readonly #handle: FileHandle;

  private constructor(file: SegmentFile, index: SegmentIndex, handle: FileHandle) {
    this.file = file;
    this.index = index;
    this.#handle = handle;
  }

  /** @throws Error of the file system */
  static async open(file: SegmentFile, index: SegmentIndex): Promise<Segment> {
    return new Segment(file, index, await open(file.path, FLAGS));
  }

  /** How many bytes more fit behind its last record. */
  get room(): number {
    return this.file.byteLength - this.index.end;
  }

  /**
   * Writes behind the last record, and returns when it is on the disk. The index is the caller's to add to.
   * @throws Error of the file system; then nobody knows what is on the disk, and trying again would not tell
   */
  append(bytes: Uint8Array): Promise<void> {
    return this.#write(bytes, this.index.end);
  }

  /**
   * Puts zeros in the place of what is no record, and makes sure that everything before is on the disk: what a process
   * wrote that was killed meanwhile is perhaps not.
   * @throws Error of the file system
   */
  async clear(start: number, end: number): Promise<void> {
    await this.#write(Buffer.alloc(Math.min(end, this.file.byteLength) - start), start);
    await this.#handle.datasync();
  }

  /** Fewer bytes than asked for where the file ends before. */
  async read(start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(end - start);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await this.#handle.read(bytes, done, bytes.length - done, start + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  async #write(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, offset + done);
      done += bytesWritten;
    }
  }
}

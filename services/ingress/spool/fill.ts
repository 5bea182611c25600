import { type FileHandle, open } from 'node:fs/promises';

const ZEROS = Buffer.alloc(1024 * 1024);

/**
 * Makes a file of zeros that has its blocks on the disk.
 * @throws Error of the file system, also where it is there already
 */
export async function fill(path: string, byteLength: number): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await writeZeros(handle, byteLength, () => true);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts zeros over the beginning of a file that is there, a MiB at a time, as long as `goesOn` says so.
 * @returns whether all of it is on the disk
 * @throws Error of the file system
 */
export async function overwrite(path: string, byteLength: number, goesOn: () => boolean): Promise<boolean> {
  const handle = await open(path, 'r+');
  try {
    if (!(await writeZeros(handle, byteLength, goesOn))) return false;
    await handle.sync();
    return true;
  } finally {
    await handle.close();
  }
}

async function writeZeros(handle: FileHandle, byteLength: number, goesOn: () => boolean): Promise<boolean> {
  for (let offset = 0; offset < byteLength; ) {
    if (!goesOn()) return false;
    const { bytesWritten } = await handle.write(ZEROS, 0, Math.min(ZEROS.length, byteLength - offset), offset);
    offset += bytesWritten;
  }
  return true;
}

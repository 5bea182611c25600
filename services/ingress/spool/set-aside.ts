import { readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ensureFolder } from './folder.ts';

/** What a person can still look at; damage beyond it is counted and not kept. */
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 1_000;

const SIDE = 'set-aside';

/**
 * Keeps bytes of a segment that are no record, for a person to look at. The same bytes of the same segment go to the
 * same file, however often they are found.
 * @returns the file's path, or null where as much as is allowed was kept before
 * @throws Error of the file system
 */
export async function setAside(folder: string, segment: string, offset: number, bytes: Buffer): Promise<string | null> {
  const side = join(folder, SIDE);
  await ensureFolder(side);
  const name = `${basename(segment, '.segment')}-${offset}`;
  const others = (await readdir(side)).filter((other) => other !== name);
  let total = bytes.length;
  for (const other of others) total += (await stat(join(side, other))).size;
  if (others.length >= MAX_FILES || total > MAX_BYTES) return null;
  await writeFile(join(side, name), bytes);
  return join(side, name);
}

/**
 * Removes what was set aside before then.
 * @throws Error of the file system
 */
export async function forgetSetAside(folder: string, beforeMs: number): Promise<void> {
  const side = join(folder, SIDE);
  for (const name of await namesIn(side)) {
    const path = join(side, name);
    if ((await stat(path)).mtimeMs < beforeMs) await unlink(path);
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

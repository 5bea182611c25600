import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as z from 'zod';
import type { Range } from './sequence-set.ts';

/** What goes in order is one range. Of what does not, so many are noted; the others are published again after a restart. */
const MAX_RANGES = 10_000;
const Sequence = z.int().min(0);
const Checkpoint = z.object({ version: z.literal(1), removed: z.array(z.tuple([Sequence, Sequence])) });

const NAME = 'checkpoint';

/**
 * Which sequences are gone, so that a restart does not publish them again. It is not waited for and not synced: one
 * that is old or lost means a second publishing under the same id. One that is wrong would mean a loss, hence its checksum.
 * @returns nothing removed, where there is none that can be read
 */
export async function readCheckpoint(folder: string): Promise<readonly Range[]> {
  let text: string;
  try {
    text = await readFile(join(folder, NAME), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return parseCheckpoint(text);
}

/** @throws Error of the file system */
export async function writeCheckpoint(folder: string, removed: readonly Range[]): Promise<void> {
  const path = join(folder, NAME);
  await writeFile(`${path}.part`, formatCheckpoint(removed));
  await rename(`${path}.part`, path);
}

export function formatCheckpoint(removed: readonly Range[]): string {
  const text = JSON.stringify({ version: 1, removed: removed.slice(0, MAX_RANGES) });
  return `${checksum(text)} ${text}\n`;
}

/** Total: what is not whole is nothing removed. */
export function parseCheckpoint(text: string): readonly Range[] {
  const match = /^(?<sum>[0-9a-f]{8}) (?<json>.*)\n$/.exec(text)?.groups;
  if (match?.['json'] === undefined || match['sum'] !== checksum(match['json'])) return [];
  try {
    return Checkpoint.safeParse(JSON.parse(match['json'])).data?.removed ?? [];
  } catch {
    return [];
  }
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesOf, newFolder } from './setup.ts';

/**
 * What a crash leaves: the files as they are while the spool still has them. Those that come and go in the background
 * are there or not. Its lock is not for others to touch.
 */
export async function crashed(folder: string): Promise<string> {
  const copy = newFolder();
  const names = ['checkpoint', ...(await filesOf(folder, 'segment')), ...(await filesOf(folder, 'spare'))];
  for (const name of names) await copyFile(join(folder, name), join(copy, name)).catch(orGone);
  return copy;
}

function orGone(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

/** @throws Error where there is none */
export async function lastSegment(folder: string): Promise<string> {
  const name = (await filesOf(folder, 'segment')).at(-1);
  if (name === undefined) throw new Error('no segment');
  return join(folder, name);
}

/** @returns whether there was a place for it: some segment that holds `text` */
export async function changeByteOf(folder: string, text: string): Promise<boolean> {
  for (const name of await filesOf(folder, 'segment')) {
    const bytes = await readFile(join(folder, name));
    const at = bytes.lastIndexOf(text);
    if (at === -1) continue;
    bytes[at] = 0x7f;
    await writeFile(join(folder, name), bytes);
    return true;
  }
  return false;
}

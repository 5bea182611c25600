import { access, constants, mkdir, open } from 'node:fs/promises';

/**
 * Makes a folder in one that is there. Not with those above it: where a file system says of a folder that is there that
 * it is not, as /proc does, Node's recursive mkdir never ends.
 * @throws Error of the file system, also where the folder is there and cannot be written
 */
export async function ensureFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  await access(path, constants.W_OK);
}

/**
 * Makes what was created, renamed and deleted in a folder outlast a loss of power.
 * @throws Error of the file system
 */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

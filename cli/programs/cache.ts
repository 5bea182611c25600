import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Env } from './execute.ts';

/** The one folder that the resolver writes to. */
export function cacheFolder(env: Env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'intercom-operator');
}

/**
 * Fills a folder of the cache at once or not at all: `fill` works in a fresh folder beside it, which is then renamed.
 * Where another process was faster, its folder stays if `isGood` says so, and is replaced if not.
 */
export async function fillFolder(
  folder: string,
  fill: (fresh: string) => Promise<void>,
  isGood: () => Promise<boolean>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const scratch = await mkdtemp(`${folder}.new-`);
  const fresh = join(scratch, 'fresh');
  try {
    await mkdir(fresh);
    await fill(fresh);
    // Onto nothing. A folder that another process put there is good, and never moved away under its feet.
    if (await isMoved(fresh, folder)) return;
    if (await isGood()) return;
    await rename(folder, join(scratch, 'replaced')).catch(ignoreMissing);
    if (!(await isMoved(fresh, folder)) && !(await isGood())) throw new Error(`${folder} cannot be replaced`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** @returns false where a folder with something in it stands there */
const isMoved = (from: string, to: string): Promise<boolean> =>
  rename(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
      throw error;
    },
  );

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

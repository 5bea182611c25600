import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OWN = 'TEST_FOLDER';

/**
 * One folder for whatever a run of tests writes, gone with it: a test process that is ended from outside, as those of a run are
 * at its end, removes nothing itself. In it the programs that tests start from our sources share what Node has made of them: the
 * same code, in half the CPU.
 * @returns what removes it
 */
export async function setup(): Promise<() => Promise<void>> {
  // Several projects ask for it; the first one to do so has it, and ends after all tests.
  if (process.env[OWN] !== undefined) return async () => undefined;
  const folder = await mkdtemp(join(tmpdir(), 'tests-'));
  Object.assign(process.env, { [OWN]: folder, TMPDIR: folder, NODE_COMPILE_CACHE: join(folder, 'compiled') });
  return () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

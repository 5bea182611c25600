import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const OWN = 'TEST_FOLDER';

/**
 * One folder for whatever a run of tests writes, gone with it: a test process that is ended from outside, as those of a run are
 * at its end, removes nothing itself. In it the programs that tests start from our sources share what Node has made of them: the
 * same code, in half the CPU.
 */
export function setup(): void {
  // Several projects ask for it, and the first one to do so need not be the last one to end.
  if (process.env[OWN] !== undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'tests-'));
  Object.assign(process.env, { [OWN]: folder, TMPDIR: folder, NODE_COMPILE_CACHE: join(folder, 'compiled') });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
}

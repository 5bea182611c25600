import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pod } from '#cli/local/pod.ts';
import type { Local } from '#cli/local/up.ts';
import { inItsPlace } from './candidate.ts';
import { type Share, sharesOf } from './profile.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GROUPS = 20;
const FUNCTIONS = 30;

export interface Profiled {
  /** The pod that the profiled process has the environment of. */
  readonly like: Pod;
  /** Its program, from the root of the sources: a bundle's functions are all of one file. */
  readonly main: string;
  /** Loads it, and is not looked at: compilers are cold at first. */
  readonly warmUp: (pod: Pod) => Promise<void>;
  readonly load: (pod: Pod) => Promise<void>;
}

/** Loads a process of ours under V8's profiler and prints where its main thread's time goes, one share a line. */
export async function profile(
  local: Local,
  { like, main, warmUp, load }: Profiled,
  signal: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'profile-'));
  try {
    const argv = [process.execPath, '--cpu-prof', '--cpu-prof-dir', folder, join(ROOT, main)];
    const [pod] = await local.startPods([await inItsPlace(like, 'profiled', argv)], signal);
    if (pod === undefined) throw new Error('the profiled process did not start');
    await warmUp(pod);
    const beganMs = performance.now();
    await load(pod);
    const endedMs = performance.now();
    await pod.stop();
    const stoppedMs = performance.now();
    const window = { beganBeforeEndMs: stoppedMs - beganMs, endedBeforeEndMs: stoppedMs - endedMs };
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error('the profiled process left no profile');
    const { groups, functions } = sharesOf(await readFile(join(folder, file), 'utf8'), window, ROOT);
    print('by file or package', groups.slice(0, GROUPS));
    print('by function', functions.slice(0, FUNCTIONS));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function print(title: string, shares: readonly Share[]): void {
  process.stdout.write(`${title}\n`);
  for (const { name, share } of shares) process.stdout.write(`  ${(share * 100).toFixed(1).padStart(4)} %  ${name}\n`);
}

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Local } from '#cli/local/up.ts';
import { candidate, inItsPlace, podOf } from './candidate.ts';
import { note } from './figure.ts';
import { type Bench, measure } from './measure.ts';
import { type Share, sharesOf } from './profile.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WARM_UP_SECONDS = 3;
const SECONDS = 8;
const CONNECTIONS = 64;
const GROUPS = 20;
const FUNCTIONS = 30;

/** Loads our ingress under V8's profiler and prints where its main thread's time goes, one share a line. */
export async function profileIngress(local: Local, bench: Bench): Promise<void> {
  const ours = podOf(local, 'ingress');
  const folder = await mkdtemp(join(tmpdir(), 'ingress-profile-'));
  try {
    // From the sources: a bundle's functions are all of one file.
    const main = join(ROOT, 'services/ingress/main.ts');
    const argv = [process.execPath, '--cpu-prof', '--cpu-prof-dir', folder, main];
    const [pod] = await local.startPods([await inItsPlace(ours, 'profiled', argv)], bench.signal);
    if (pod === undefined) throw new Error('the profiled ingress did not start');
    const sending = { seconds: SECONDS, connections: CONNECTIONS, ratePerSecond: null, forged: false };
    // Compilers are cold at first.
    await measure(candidate('profiled', pod), { ...sending, seconds: WARM_UP_SECONDS }, bench);
    const beganMs = performance.now();
    const { cpuUs, perSecond } = await measure(candidate('profiled', pod), sending, bench);
    const endedMs = performance.now();
    note(`${perSecond.toFixed(0)}/s, ${cpuUs.toFixed(1)} us of CPU per request, all threads, with the profiler`);
    await pod.stop();
    const stoppedMs = performance.now();
    const window = { beganBeforeEndMs: stoppedMs - beganMs, endedBeforeEndMs: stoppedMs - endedMs };
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error('the profiled ingress left no profile');
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

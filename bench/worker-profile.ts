import type { Local } from '#cli/local/up.ts';
import { type DrainBench, type Drainer, drain } from './drain.ts';
import { note } from './figure.ts';
import { profile } from './profiled.ts';
import { fill } from './worker-compare.ts';

const MESSAGES = 10_000;
const WARM_UPS = 2;

/** Prints where the time of our worker goes while it works off a backlog. */
export async function profileWorker(local: Local, drainer: Drainer, bench: DrainBench): Promise<void> {
  // Only one may pull.
  await drainer.pod.stop();
  await bench.backlog.pause(drainer.consumers);
  await profile(
    local,
    {
      like: drainer.pod,
      main: 'services/worker/main.ts',
      warmUp: async (pod) => {
        for (let i = 0; i < WARM_UPS; i++) {
          await fill(MESSAGES, i, bench);
          await drain({ ...drainer, pod }, MESSAGES, bench);
        }
        await fill(MESSAGES, WARM_UPS, bench);
      },
      load: async (pod) => {
        const { cpuUs, perSecond } = await drain({ ...drainer, pod }, MESSAGES, bench);
        note(`${perSecond.toFixed(0)}/s, ${cpuUs.toFixed(1)} us of CPU per message, all threads, with the profiler`);
      },
    },
    bench.signal,
  );
}

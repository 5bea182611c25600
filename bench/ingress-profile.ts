import type { Local } from '#cli/local/up.ts';
import { candidate, podOf } from './candidate.ts';
import { note } from './figure.ts';
import { type Bench, measure } from './measure.ts';
import { profile } from './profiled.ts';

const WARM_UP_SECONDS = 3;
const SECONDS = 8;
const CONNECTIONS = 64;

/** Prints where the time of our ingress goes while it is sent as much as it can take. */
export async function profileIngress(local: Local, bench: Bench): Promise<void> {
  const sending = { seconds: SECONDS, connections: CONNECTIONS, ratePerSecond: null, forged: false };
  const like = podOf(local, 'ingress');
  // A spool is for one process alone.
  await like.stop();
  await profile(
    local,
    {
      like,
      main: 'services/ingress/main.ts',
      warmUp: async (pod) =>
        void (await measure(candidate('profiled', pod), { ...sending, seconds: WARM_UP_SECONDS }, bench)),
      load: async (pod) => {
        const { cpuUs, perSecond } = await measure(candidate('profiled', pod), sending, bench);
        note(`${perSecond.toFixed(0)}/s, ${cpuUs.toFixed(1)} us of CPU per request, all threads, with the profiler`);
      },
    },
    bench.signal,
  );
}

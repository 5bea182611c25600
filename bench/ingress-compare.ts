import { type Candidate, pidOf } from './candidate.ts';
import { note, type Series } from './figure.ts';
import { type Bench, type Measured, measure, type Sending } from './measure.ts';
import { peakMegabytesOf } from './process-cost.ts';

/** Before each measurement: what the one before left behind is cleaned up. */
const WARM_UP_SECONDS = 2;
/** Before the first: compilers go by how often, not by how long. On a machine that is too slow, as many as it can. */
const WARM_UP_REQUESTS = 20_000;
const MAX_WARM_UPS = 10;
const FORGED_SECONDS = 2;
const CONNECTIONS = 64;
const HALF_RATE_SECONDS = 10;
/** More than what is due within a pause, so that none of it is taken out of the sender's rhythm. */
const HALF_RATE_CONNECTIONS = 256;

export interface Candidates {
  readonly ours: Candidate;
  readonly go: Candidate;
  readonly goAsync: Candidate;
}

export interface Rounds {
  readonly count: number;
  /** How long each candidate is measured in each round, after its warm-up. */
  readonly seconds: number;
}

/** Each candidate in turn, round after round, so that whatever else the machine does meets them all. */
export async function compare(candidates: Candidates, rounds: Rounds, bench: Bench): Promise<Series> {
  const full: Sending = { seconds: rounds.seconds, connections: CONNECTIONS, ratePerSecond: null, forged: false };
  const run = async (candidate: Candidate): Promise<Measured> => {
    await measure(candidate, { ...full, seconds: WARM_UP_SECONDS }, bench);
    const measured = await measure(candidate, full, bench);
    await bench.storage.purge();
    const { cpuUs, brokerCpuUs, perSecond } = measured;
    note(`${candidate.name}: ${perSecond.toFixed(0)}/s, ${cpuUs.toFixed(1)} us, broker ${brokerCpuUs.toFixed(1)} us`);
    return measured;
  };
  for (const candidate of Object.values(candidates)) {
    let answered = 0;
    for (let i = 0; i < MAX_WARM_UPS && answered < WARM_UP_REQUESTS; i++) {
      answered += (await measure(candidate, { ...full, seconds: WARM_UP_SECONDS }, bench)).answers['200'] ?? 0;
    }
    await bench.storage.purge();
    note(`${candidate.name}: warm after ${answered} requests`);
  }
  const ours: Measured[] = [];
  const go: Measured[] = [];
  const goAsync: Measured[] = [];
  const forged: Measured[] = [];
  for (let round = 1; round <= rounds.count; round++) {
    note(`round ${round} of ${rounds.count}`);
    ours.push(await run(candidates.ours));
    forged.push(await measure(candidates.ours, { ...full, seconds: FORGED_SECONDS, forged: true }, bench));
    go.push(await run(candidates.go));
    goAsync.push(await run(candidates.goAsync));
  }
  const peaks = await Promise.all([candidates.ours, candidates.go].map(({ pod }) => peakMegabytesOf(pidOf(pod))));
  const cpuUs = (of: readonly Measured[]) => ({ values: of.map((each) => each.cpuUs), unit: 'us' });
  const brokerUs = (of: readonly Measured[]) => ({ values: of.map((each) => each.brokerCpuUs), unit: 'us' });
  const rates = (of: readonly Measured[]) => ({ values: of.map((each) => each.perSecond), unit: '/s' });
  return {
    ingress_cpu_us: cpuUs(ours),
    go_cpu_us: cpuUs(go),
    go_async_cpu_us: cpuUs(goAsync),
    ingress_cpu_ratio_go: { values: ours.map((each, i) => each.cpuUs / (go[i]?.cpuUs ?? Number.NaN)), unit: 'ratio' },
    forged_cpu_us: cpuUs(forged),
    broker_cpu_us: brokerUs(ours),
    go_broker_cpu_us: brokerUs(go),
    ingress_max_rps: rates(ours),
    go_max_rps: rates(go),
    go_async_max_rps: rates(goAsync),
    ingress_rss_load_mb: { values: peaks.slice(0, 1), unit: 'MB' },
    go_rss_load_mb: { values: peaks.slice(1), unit: 'MB' },
  };
}

/** What both keep people waiting at the very same rate: a disk or a processor that stalls shows in both. */
export async function compareLatency(
  ratePerSecond: number,
  { ours, go }: Candidates,
  { rounds, bench }: { readonly rounds: Rounds; readonly bench: Bench },
): Promise<Series> {
  const oursMs: number[] = [];
  const goMs: number[] = [];
  for (let round = 1; round <= rounds.count; round++) {
    oursMs.push(await latencyAt(ratePerSecond, ours, bench));
    goMs.push(await latencyAt(ratePerSecond, go, bench));
  }
  return {
    ingress_p999_half_ms: { values: oursMs, unit: 'ms' },
    go_p999_half_ms: { values: goMs, unit: 'ms' },
  };
}

/** @returns the latency that one of a thousand exceeds at a steady rate, from when a request was due */
async function latencyAt(ratePerSecond: number, candidate: Candidate, bench: Bench): Promise<number> {
  const sending = { connections: HALF_RATE_CONNECTIONS, ratePerSecond, forged: false };
  await measure(candidate, { ...sending, seconds: WARM_UP_SECONDS }, bench);
  const { latencyMs } = await measure(candidate, { ...sending, seconds: HALF_RATE_SECONDS }, bench);
  await bench.storage.purge();
  const { p50, p99, p999, max } = latencyMs;
  note(`${candidate.name} at ${ratePerSecond}/s: p50 ${p50} ms, p99 ${p99} ms, p99.9 ${p999} ms, longest ${max} ms`);
  return p999;
}

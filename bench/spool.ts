import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { median, note, printFigure } from './figure.ts';
import { type Candidate, openSpool, openSqlite } from './spool-candidates.ts';

/**
 * How many records of 2 KB a second become durable with 1, 64 and 256 of them waiting, beside `node:sqlite` (WAL, every
 * commit synced) on the same disk. Both write the same fields and let go of what they have written, round after round in
 * turn. The longest stall is that of the event loop while the spool appends; SQLite stalls it for each commit as a whole.
 * Bars: spool_ratio_sqlite_64 4, spool_stall_ms 20. A temporary folder in memory would show nothing: TMPDIR moves it.
 */
const WAITING = [1, 64, 256];
const ROUNDS = 5;
const ROUND_MS = 800;
const WARM_UP_MS = 400;

async function perSecond(candidate: Candidate, waiting: number, forMs: number): Promise<number> {
  const startMs = performance.now();
  let count = 0;
  while (performance.now() - startMs < forMs) {
    await candidate.append(waiting);
    count += waiting;
  }
  return (count / (performance.now() - startMs)) * 1000;
}

const folder = await mkdtemp(join(tmpdir(), 'bench-spool-'));
try {
  const spool = await openSpool(join(folder, 'spool'));
  const sqlite = openSqlite(join(folder, 'sqlite'));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let stallMs = 0;
  for (const waiting of WAITING) {
    const rates: { ours: number; theirs: number }[] = [];
    for (const candidate of [spool, sqlite]) {
      await perSecond(candidate, waiting, WARM_UP_MS);
      await candidate.forget();
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      delay.reset();
      delay.enable();
      const ours = await perSecond(spool, waiting, ROUND_MS);
      delay.disable();
      stallMs = Math.max(stallMs, delay.max / 1e6);
      rates.push({ ours, theirs: await perSecond(sqlite, waiting, ROUND_MS) });
      await spool.forget();
      await sqlite.forget();
    }
    const ratios = rates.map(({ ours, theirs }) => ours / theirs);
    note(`${waiting} waiting: ratios ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`);
    printFigure(`spool_rps_${waiting}`, median(rates.map(({ ours }) => ours)), '1/s');
    printFigure(`sqlite_rps_${waiting}`, median(rates.map(({ theirs }) => theirs)), '1/s');
    printFigure(`spool_ratio_sqlite_${waiting}`, median(ratios), 'x');
  }
  printFigure('spool_stall_ms', stallMs, 'ms');
  await spool.close();
  await sqlite.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

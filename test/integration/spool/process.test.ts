import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { SpoolRecord } from '#services/ingress/spool/record.ts';
import { Spool } from '#services/ingress/spool/spool.ts';
import { type Child, startChild, temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { record, records } from './numbered.ts';
import { append, newFolder, openSpool, outcomes, readRecords } from './setup.ts';

trackLeaks();

const PROGRAM = fileURLToPath(new URL('./appending.ts', import.meta.url));

interface Appending {
  readonly child: Child;
  /** The numbers of which it said so. */
  readonly said: (what: string) => number[];
}

interface Numbers {
  readonly segmentBytes: number;
  readonly first: number;
  readonly last: number;
  /** What the shell does before. */
  readonly before?: string;
  /** May mount in `before` what nobody else sees. Default no. */
  readonly mounts?: boolean;
}

async function startAppending(
  folder: string,
  { before = 'true', mounts = false, segmentBytes, first, last }: Numbers,
): Promise<Appending> {
  const own = temporaryFolder('appending');
  const file = join(own, 'report');
  const said = (what: string): number[] => {
    // The last line may be half of one.
    const lines = readFileSync(file, 'latin1').split('\n').slice(0, -1);
    return lines.filter((line) => line.startsWith(`${what} `)).map((line) => Number(line.slice(what.length + 1)));
  };
  const args = [PROGRAM, folder, file, segmentBytes, first, last].map(String);
  const child = await startChild({
    name: 'appending',
    command: mounts ? 'unshare' : 'env',
    args: [...(mounts ? ['-rm'] : []), 'bash', '-c', `${before} && exec "$0" "$@"`, process.execPath, ...args],
    folder: own,
    ready: () => said('durable').length > 0,
  });
  return { child, said };
}

const numberOf = ({ key }: SpoolRecord): number => Number(key.slice(2));

describe('a process that is killed while it appends', () => {
  it('has kept all of which it said that it was durable, in order, and nothing else', {
    timeout: 120_000,
  }, async () => {
    const folder = newFolder();
    const confirmed = new Set<number>();
    const removing = new Set<number>();
    for (let round = 0; round < 6; round += 1) {
      const first = 100_000 * round + 1;
      const { child, said } = await startAppending(folder, { segmentBytes: 65_536, first, last: first + 99_999 });
      const enough = 200 * (round + 1);
      await until(() => said('durable').length > enough, {
        describe: `${enough} records to be durable`,
        timeoutMs: 30_000,
      });
      await child.stop('SIGKILL');
      for (const i of said('durable')) confirmed.add(i);
      for (const i of said('removing')) removing.add(i);
      const { spool, found } = await openSpool(folder, { segmentBytes: 65_536, maxBytes: 256 * 65_536 });
      const held = await readRecords(spool);
      const numbers = held.map(numberOf);
      expect(found.damagedRecords).toBe(0);
      expect([...confirmed].filter((i) => !removing.has(i) && !numbers.includes(i))).toEqual([]);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
      expect(held).toEqual(numbers.map((i) => record(i)));
      await spool.close();
      await child.close();
    }
    expect(removing.size).toBeGreaterThan(100);
  });
});

describe('a folder that another process has', () => {
  it('is refused, until that process is gone, however it went', async () => {
    const folder = newFolder();
    const { child } = await startAppending(folder, { segmentBytes: 65_536, first: 1, last: 1_000_000 });
    const options = { folder, maxBytes: 256 * 65_536, segmentBytes: 65_536 };
    expect(await Spool.open(options)).toEqual({ kind: 'taken' });
    await child.close('SIGKILL');
    const { spool } = await openSpool(folder, options);
    expect(await Spool.open(options)).toEqual({ kind: 'taken' });
    await spool.close();
    await openSpool(folder, options);
  });
});

describe('a process that may write no more', () => {
  it('refuses, and what was durable before stays so', async () => {
    const folder = newFolder();
    const options = { segmentBytes: 65_536, maxBytes: 256 * 65_536 };
    const { spool } = await openSpool(folder, options);
    expect(new Set(outcomes(await append(spool, records(3))))).toEqual(new Set(['durable']));
    await spool.close();
    // Half of the segment that is there.
    const limits = { first: 4, last: 600, before: 'ulimit -f 32' };
    const { child, said } = await startAppending(folder, { segmentBytes: 65_536, ...limits });
    await until(() => !child.isRunning, { describe: 'the program to end' });
    await until(() => said('disk-full').length > 0 || Promise.reject(new Error(child.log())), { describe: 'refusals' });
    const durable = said('durable');
    expect(durable.length).toBeGreaterThan(50);
    expect([...durable, ...said('disk-full')]).toEqual(Array.from({ length: 597 }, (_, i) => i + 4));
    const removed = new Set(said('removing'));
    const again = await openSpool(folder, options);
    const kept = [1, 2, 3, ...durable].filter((i) => !removed.has(i));
    expect((await readRecords(again.spool)).map(numberOf)).toEqual(kept);
    expect(outcomes(await append(again.spool, [record(700)]))).toEqual(['durable']);
    await child.close();
  });
});

describe('a disk (mounted in a namespace of its own: as root, or where users may have some)', () => {
  it('that is full refuses all but what fits, and says so', async () => {
    const folder = newFolder();
    const before = `mount -t tmpfs -o size=256k none ${folder}`;
    const { child, said } = await startAppending(folder, {
      before,
      mounts: true,
      segmentBytes: 65_536,
      first: 1,
      last: 2000,
    });
    await until(() => !child.isRunning, { describe: 'the program to end' });
    const [durable, refused] = [said('durable'), said('disk-full')];
    expect(durable.length).toBeGreaterThan(100);
    expect(refused.length).toBeGreaterThan(100);
    expect([...durable, ...refused].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, i) => i + 1));
    await child.close();
  });

  it('that is read-only is said to be so at the start', async () => {
    const folder = newFolder();
    const before = `mount --bind ${folder} ${folder} && mount -o remount,ro,bind ${folder}`;
    const starting = startAppending(folder, { before, mounts: true, segmentBytes: 65_536, first: 1, last: 1 });
    await expect(starting).rejects.toThrow('EROFS');
  });
});

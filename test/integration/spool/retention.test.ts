import { readdir, readFile, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Spool } from '#services/ingress/spool/spool.ts';
import { until } from '#test/support/until.ts';
import { changeByteOf } from './crash.ts';
import { record, records } from './numbered.ts';
import { append, filesOf, newFolder, openSpool, outcomes, readAll, readRecords } from './setup.ts';

/** In every record. */
const MARK = '"subject"';

/** The files below a folder in which the mark is found. */
async function holding(folder: string, mark = MARK): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(path)).includes(mark)) found.push(path);
  }
  return found;
}

const removeAll = async (spool: Spool): Promise<void> => spool.remove((await readAll(spool)).map(({ seq }) => seq));

describe('what waits for longer than is allowed', () => {
  it('is given up, and what is younger stays', async () => {
    let nowMs = 1_000;
    const folder = newFolder();
    const { spool } = await openSpool(folder, { nowMs: () => nowMs });
    await append(spool, records(20));
    nowMs = 2_000;
    await append(spool, [record(21), record(22)]);
    expect(spool.expire(1_000)).toBe(0);
    expect(spool.expire(1_001)).toBe(20);
    expect(spool.expire(1_001)).toBe(0);
    expect(await readRecords(spool)).toEqual([record(21), record(22)]);
    expect(spool.holds('k/3')).toBe(false);
    await spool.close();
    const again = await openSpool(folder);
    expect(await readRecords(again.spool)).toEqual([record(21), record(22)]);
  });

  it('is given up with what a start has found', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder, { nowMs: () => 1_000 });
    await append(spool, records(900));
    await spool.close();
    const again = await openSpool(folder);
    expect(again.spool.expire(1_001)).toBe(900);
    expect(again.spool.stats()).toEqual({ records: 0, bytes: 0, oldestAtMs: null });
  });
});

describe('the files of a spool that holds nothing', () => {
  it('hold nothing of what it held', async () => {
    const folder = newFolder();
    const { spool, events } = await openSpool(folder);
    await append(spool, records(100));
    await removeAll(spool);
    // Behind it all files have been given back that can be.
    expect(await spool.oldest(1)).toEqual([]);
    const kept = (await filesOf(folder, 'segment')).length + (await filesOf(folder, 'spare')).length;
    expect(kept).toBeGreaterThan(4);
    expect(await holding(folder)).not.toEqual([]);
    await spool.wipe(0);
    expect(await holding(folder)).toEqual([]);
    expect(await filesOf(folder, 'spare')).toHaveLength(kept);
    expect(events).toEqual([]);
  });

  it('hold nothing of what an earlier process left in its spares', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(100));
    await removeAll(spool);
    await spool.close();
    const again = await openSpool(folder);
    await again.spool.wipe(0);
    expect(await holding(folder)).toEqual([]);
  });

  it('are used again, in order, through restarts', async () => {
    const folder = newFolder();
    let { spool } = await openSpool(folder);
    for (let round = 0; round < 4; round += 1) {
      await append(spool, records(60));
      await removeAll(spool);
      await spool.wipe(0);
      expect(outcomes(await append(spool, [record(1), record(2)]))).toEqual(['durable', 'durable']);
      await spool.close();
      ({ spool } = await openSpool(folder));
      expect(await readRecords(spool)).toEqual([record(1), record(2)]);
      await removeAll(spool);
    }
    const files = [...(await filesOf(folder, 'segment')), ...(await filesOf(folder, 'spare'))];
    expect(files.length).toBeLessThan(40);
    await spool.close();
    await rm(join(folder, 'checkpoint'));
    expect((await openSpool(folder)).found.records).toBeLessThanOrEqual(2);
  });

  it('are left as they are while something is held', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(100));
    const all = await readAll(spool);
    spool.remove(all.slice(1).map(({ seq }) => seq));
    await spool.wipe(0);
    expect(await holding(folder)).not.toEqual([]);
    expect(await readRecords(spool)).toEqual([record(1)]);
  });

  it('take what comes while they are being overwritten', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder, { segmentBytes: 8 * 1024 * 1024, maxBytes: 64 * 1024 * 1024 });
    for (let i = 1; i <= 12; i += 1) await append(spool, [record(i, 4 * 1024 * 1024 - 500)]);
    await removeAll(spool);
    const wiping = spool.wipe(0);
    const taken: Promise<unknown>[] = [];
    for (let i = 1; i <= 50; i += 1) {
      taken.push(append(spool, [record(i)]));
      await until(() => true, { describe: 'the next turn' });
    }
    await Promise.all([wiping, ...taken]);
    expect(await readRecords(spool)).toEqual(records(50));
    await spool.close();
    const again = await openSpool(folder, { segmentBytes: 8 * 1024 * 1024, maxBytes: 64 * 1024 * 1024 });
    expect(await readRecords(again.spool)).toEqual(records(50));
  });
});

describe('what was set aside', () => {
  it('is removed when it is old', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(3));
    await spool.close();
    expect(await changeByteOf(folder, '<1>')).toBe(true);
    const again = await openSpool(folder);
    const [name = ''] = await readdir(join(folder, 'set-aside'));
    await utimes(join(folder, 'set-aside', name), 1_000, 1_000);
    await again.spool.wipe(1_000_000);
    expect(await readdir(join(folder, 'set-aside'))).toEqual([name]);
    await again.spool.wipe(1_000_001);
    expect(await readdir(join(folder, 'set-aside'))).toEqual([]);
  });
});

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '#test/support/until.ts';
import { record, records } from './numbered.ts';
import { append, filesOf, newFolder, openSpool, outcomes, readAll, readRecords, SEGMENT_BYTES } from './setup.ts';

describe('a spool', () => {
  it('gives back what was appended, in order, also after a restart', async () => {
    const folder = newFolder();
    const { spool, found } = await openSpool(folder);
    expect(found).toEqual({ records: 0, bytes: 0, tornTails: 0, damagedRecords: 0, damagedBytes: 0 });
    const list = records(60);
    expect(new Set(outcomes(await append(spool, list)))).toEqual(new Set(['durable']));
    expect(await readRecords(spool)).toEqual(list);
    expect((await filesOf(folder, 'segment')).length).toBeGreaterThan(1);
    const { bytes } = spool.stats();
    await spool.close();
    const again = await openSpool(folder);
    expect(again.found).toEqual({ records: 60, bytes, tornTails: 0, damagedRecords: 0, damagedBytes: 0 });
    expect(await readRecords(again.spool)).toEqual(list);
  });

  it('reads a bounded part, from any place', async () => {
    const { spool } = await openSpool(newFolder());
    await append(spool, records(10));
    expect((await spool.oldest(3)).map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect((await spool.oldest(2, 3)).map(({ seq }) => seq)).toEqual([4, 5]);
    expect(await spool.oldest(2, 10)).toEqual([]);
  });

  it('does not hold again after a restart what was removed before, in whatever order', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(40));
    spool.remove([2, 40, 1, 17, 17, 999, 0]);
    expect(spool.stats().records).toBe(36);
    await spool.close();
    const again = await openSpool(folder);
    const left = Array.from({ length: 40 }, (_, i) => i + 1).filter((seq) => ![1, 2, 17, 40].includes(seq));
    expect((await readAll(again.spool)).map(({ seq }) => seq)).toEqual(left);
    await append(again.spool, [record(41)]);
    expect((await readAll(again.spool)).at(-1)?.seq).toBe(41);
  });

  it('notes what was removed within seconds, without being closed', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(5));
    const before = await stat(join(folder, 'checkpoint'));
    spool.remove([1, 2]);
    await until(async () => (await stat(join(folder, 'checkpoint'))).ino !== before.ino, { describe: 'a checkpoint' });
  });

  it('says what it holds', async () => {
    let nowMs = 1_000;
    const { spool } = await openSpool(newFolder(), { nowMs: () => nowMs });
    expect(spool.stats()).toEqual({ records: 0, bytes: 0, oldestAtMs: null });
    await append(spool, [record(1)]);
    nowMs = 5_000;
    await append(spool, [record(2)]);
    expect(spool.stats()).toMatchObject({ records: 2, oldestAtMs: 1_000 });
    spool.remove([1]);
    expect(spool.stats()).toMatchObject({ records: 1, oldestAtMs: 5_000 });
    spool.remove([2]);
    expect(spool.stats()).toEqual({ records: 0, bytes: 0, oldestAtMs: null });
  });

  it('holds a key from the call on, until its last record is removed; over a restart too', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    const appended = append(spool, [record(1, 10, 'conversation/1'), record(2, 10, 'conversation/1')]);
    expect([spool.holds('conversation/1'), spool.holds('conversation/2')]).toEqual([true, false]);
    await appended;
    spool.remove([1]);
    await spool.close();
    const again = await openSpool(folder);
    expect(again.spool.holds('conversation/1')).toBe(true);
    again.spool.remove([2]);
    expect(again.spool.holds('conversation/1')).toBe(false);
  });

  it('does not hold the key of a record that it refused', async () => {
    const { spool } = await openSpool(newFolder());
    expect(outcomes(await append(spool, [record(1, SEGMENT_BYTES)]))).toEqual(['too-large']);
    expect(spool.holds('k/1')).toBe(false);
  });

  it('writes what waits before it closes, and refuses what comes then', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    const waiting = append(spool, records(30));
    const closed = spool.close();
    expect(outcomes(await append(spool, [record(31)]))).toEqual(['closed']);
    await closed;
    expect(new Set(outcomes(await waiting))).toEqual(new Set(['durable']));
    expect((await openSpool(folder)).found.records).toBe(30);
  });
});

describe('the files of a spool', () => {
  it('are used again, and never more than allowed, however much passes through', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder, { maxBytes: 4 * SEGMENT_BYTES });
    for (let round = 0; round < 20; round += 1) {
      expect(new Set(outcomes(await append(spool, records(20))))).toEqual(new Set(['durable']));
      spool.remove((await readAll(spool)).map(({ seq }) => seq));
    }
    const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
    expect(sizes.filter((size) => size >= SEGMENT_BYTES).length).toBeLessThanOrEqual(4);
    expect(spool.stats().records).toBe(0);
    await spool.close();
    const { found } = await openSpool(folder);
    expect(found).toMatchObject({ records: 0, tornTails: 0, damagedRecords: 0 });
  });

  it('are kept for the next time, and no more of them than a later start allows', async () => {
    const folder = newFolder();
    const count = async (): Promise<number> =>
      (await filesOf(folder, 'segment')).length + (await filesOf(folder, 'spare')).length;
    const { spool } = await openSpool(folder, { maxBytes: 12 * SEGMENT_BYTES });
    await append(spool, records(200));
    expect((await filesOf(folder, 'segment')).length).toBeGreaterThan(6);
    const before = await count();
    spool.remove((await readAll(spool)).map(({ seq }) => seq));
    await spool.close();
    expect(await count()).toBe(before);
    const again = await openSpool(folder, { maxBytes: 4 * SEGMENT_BYTES });
    await again.spool.close();
    expect(await count()).toBe(4);
  });

  it('refuse what exceeds them, keep what was taken, and take again when there is room', async () => {
    const { spool } = await openSpool(newFolder(), { maxBytes: 3 * SEGMENT_BYTES });
    const results = outcomes(await append(spool, records(100)));
    const taken = results.indexOf('full');
    expect(taken).toBeGreaterThan(20);
    expect(new Set(results.slice(taken))).toEqual(new Set(['full']));
    expect(await readRecords(spool)).toEqual(records(taken));
    expect(spool.holds(`k/${taken + 1}`)).toBe(false);
    spool.remove((await readAll(spool)).map(({ seq }) => seq));
    expect(outcomes(await append(spool, records(5)))).toEqual(Array(5).fill('durable'));
  });

  it('do not bring back old records when all but a spare is lost', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(25));
    spool.remove((await readAll(spool)).map(({ seq }) => seq));
    await spool.close();
    expect((await filesOf(folder, 'spare')).length).toBeGreaterThan(0);
    for (const name of [...(await filesOf(folder, 'segment')), 'checkpoint']) await rm(join(folder, name));
    const again = await openSpool(folder);
    await append(again.spool, [record(1)]);
    await again.spool.close();
    expect((await openSpool(folder)).found).toMatchObject({ records: 1, damagedRecords: 0 });
  });
});

import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Spool } from '#services/ingress/spool/spool.ts';
import { lastSegment } from './crash.ts';
import { record, records } from './numbered.ts';
import { append, newFolder, openSpool, outcomes, readRecords, SEGMENT_BYTES } from './setup.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** No real disk fails on demand: Node's own call does, once. */
async function failNext(method: 'datasync' | 'write', folder: string): Promise<void> {
  const handle = await open(join(folder, 'checkpoint'));
  const error = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  vi.spyOn(Object.getPrototypeOf(handle), method).mockRejectedValueOnce(error);
  await handle.close();
}

/** With which this process has a file open: Linux tells, as an octal number. */
async function flagsOf(path: string): Promise<number[]> {
  const flags: number[] = [];
  for (const fd of await readdir('/proc/self/fd')) {
    // One of them was that of the listing.
    if ((await readlink(`/proc/self/fd/${fd}`).catch(() => '')) !== path) continue;
    const info = await readFile(`/proc/self/fdinfo/${fd}`, 'latin1');
    flags.push(Number.parseInt(/^flags:\s*(\d+)$/m.exec(info)?.[1] ?? '', 8));
  }
  return flags;
}

describe('a segment', () => {
  it('is written through to the disk, as a new one and as one of an earlier start', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, [record(1)]);
    const synced = [expect.toSatisfy((flags: number) => (flags & constants.O_DSYNC) !== 0)];
    expect(await flagsOf(await lastSegment(folder))).toEqual(synced);
    await spool.close();
    await openSpool(folder);
    expect(await flagsOf(await lastSegment(folder))).toEqual(synced);
  });
});

describe('a disk that fails', () => {
  it('refuses what was in that group, and goes on in another segment', async () => {
    const folder = newFolder();
    const { spool, events } = await openSpool(folder);
    expect(outcomes(await append(spool, records(3)))).toEqual(['durable', 'durable', 'durable']);
    await failNext('write', folder);
    expect(outcomes(await append(spool, [record(4), record(5)]))).toEqual(['io', 'io']);
    expect(events).toMatchObject([{ kind: 'abandoned' }]);
    expect(spool.holds('k/4')).toBe(false);
    expect(outcomes(await append(spool, [record(6), record(7)]))).toEqual(['durable', 'durable']);
    const kept = [...records(3), record(6), record(7)];
    expect(await readRecords(spool)).toEqual(kept);
    await spool.close();
    expect(await readRecords((await openSpool(folder)).spool)).toEqual(kept);
  });
});

describe('a folder that is lost while it is used', () => {
  it('refuses, pauses, and takes again when it is back', async () => {
    let nowMs = 0;
    const folder = newFolder();
    const { spool } = await openSpool(folder, { nowMs: () => nowMs });
    await append(spool, [record(1, 600)]);
    await rm(folder, { recursive: true });
    expect(outcomes(await append(spool, [record(2, SEGMENT_BYTES - 500), record(3)]))).toEqual(['io', 'io']);
    await mkdir(folder);
    nowMs = 999;
    expect(outcomes(await append(spool, [record(4)]))).toEqual(['io']);
    nowMs = 1_000;
    expect(outcomes(await append(spool, [record(5)]))).toEqual(['durable']);
  });
});

describe('a folder that cannot be used', () => {
  const limits = { maxBytes: 4 * SEGMENT_BYTES, segmentBytes: SEGMENT_BYTES };

  it('is said to be so at the start', async () => {
    const folder = newFolder();
    await writeFile(join(folder, 'file'), '');
    for (const path of [join(folder, 'file'), join(folder, 'file', 'below'), '/proc/spool']) {
      expect(await Spool.open({ folder: path, ...limits })).toMatchObject({
        kind: 'unusable',
        error: expect.any(Error),
      });
    }
    const small = await Spool.open({ folder, ...limits, maxBytes: SEGMENT_BYTES });
    expect(small).toMatchObject({ kind: 'unusable' });
  });

  it('is one in which what the run before wrote cannot be synced', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(3));
    await spool.close();
    await failNext('datasync', folder);
    expect(await Spool.open({ folder, ...limits })).toMatchObject({ kind: 'unusable', error: { code: 'EIO' } });
    expect((await openSpool(folder)).found.records).toBe(3);
  });

  it('is free again after it was found to be so', async () => {
    const folder = newFolder();
    await mkdir(join(folder, 'checkpoint'));
    expect(await Spool.open({ folder, ...limits })).toMatchObject({ kind: 'unusable' });
    await rm(join(folder, 'checkpoint'), { recursive: true });
    await openSpool(folder);
  });
});

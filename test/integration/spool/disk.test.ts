import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Spool } from '#services/ingress/spool/spool.ts';
import { record, records } from './numbered.ts';
import { append, newFolder, openSpool, outcomes, readRecords, SEGMENT_BYTES } from './setup.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** No real disk fails on demand: Node's own call does, once. */
async function failNext(method: 'datasync' | 'write' | 'sync', folder: string): Promise<void> {
  const handle = await open(join(folder, 'checkpoint'));
  const error = Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  vi.spyOn(Object.getPrototypeOf(handle), method).mockRejectedValueOnce(error);
  await handle.close();
}

describe.each(['datasync', 'write'] as const)('a disk whose %s fails', (method) => {
  it('refuses what was in that group, and goes on in another segment', async () => {
    const folder = newFolder();
    const { spool, events } = await openSpool(folder);
    expect(outcomes(await append(spool, records(3)))).toEqual(['durable', 'durable', 'durable']);
    await failNext(method, folder);
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

  it('is free again after it was found to be so', async () => {
    const folder = newFolder();
    await mkdir(join(folder, 'checkpoint'));
    expect(await Spool.open({ folder, ...limits })).toMatchObject({ kind: 'unusable' });
    await rm(join(folder, 'checkpoint'), { recursive: true });
    await openSpool(folder);
  });
});

import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encode } from '#test/unit/spool/records.ts';
import { crashed, lastSegment } from './crash.ts';
import { record, records } from './numbered.ts';
import { append, filesOf, newFolder, openSpool, readAll, readRecords, SEGMENT_BYTES } from './setup.ts';

describe('a tail that a crash left', () => {
  // Hundreds of starts, and each of them syncs.
  it('is cut at any byte, and everything confirmed before is held', { timeout: 120_000 }, async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(5));
    const path = await lastSegment(folder);
    const torn = encode(record(6, 10), 6);
    const { bytes: confirmed } = spool.stats();
    for (let length = 0; length < torn.length; length += 1) {
      const copy = await crashed(folder);
      const file = await readFile(path);
      torn.copy(file, confirmed, 0, length);
      // Every other one as on a file system that had not yet noted the length.
      await writeFile(await lastSegment(copy), length % 2 === 0 ? file : file.subarray(0, confirmed + length));
      const again = await openSpool(copy);
      expect(again.found).toMatchObject({ records: 5, damagedRecords: 0 });
      expect(again.found.tornTails).toBeGreaterThanOrEqual(length < 32 ? 0 : 1);
      await append(again.spool, [record(7)]);
      expect(await readRecords(again.spool)).toEqual([...records(5), record(7)]);
      await again.spool.close();
      const third = await openSpool(copy);
      expect(third.found).toMatchObject({ records: 6, tornTails: 0, damagedRecords: 0 });
      await third.spool.close();
    }
  });

  it('may be any bytes', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(5));
    for (const noise of [
      Buffer.alloc(300, 0xff),
      Buffer.from('ÿspl'.repeat(80), 'latin1'),
      encode(record(6), 6).fill(0, 60),
    ]) {
      const copy = await crashed(folder);
      const path = await lastSegment(copy);
      const file = await readFile(path);
      noise.copy(file, spool.stats().bytes);
      await writeFile(path, file);
      const again = await openSpool(copy);
      await append(again.spool, records(3));
      expect(await readRecords(again.spool)).toEqual([...records(5), ...records(3)]);
    }
  });
});

describe('a record that is damaged', () => {
  it('is set aside and counted at the start, and those around it are held', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(5));
    await spool.close();
    const path = await lastSegment(folder);
    const file = await readFile(path);
    const at = file.indexOf('<3>');
    file[at] = 0x7f;
    await writeFile(path, file);
    const { spool: again, found, events } = await openSpool(folder);
    expect(found).toMatchObject({ records: 4, tornTails: 0, damagedRecords: 1 });
    expect((await readAll(again)).map(({ seq }) => seq)).toEqual([1, 2, 4, 5]);
    expect(again.holds('k/3')).toBe(false);
    const [event] = events;
    if (event?.kind !== 'set-aside' || event.file === null) throw new Error('nothing set aside');
    expect(event).toMatchObject({ segment: path, bytes: found.damagedBytes, records: 1 });
    expect(await readFile(event.file)).toEqual(file.subarray(event.offset, event.offset + event.bytes));
    expect((await readFile(event.file)).includes('\x7f3>')).toBe(true);
  });

  it('is set aside when it is read, and does not stop the others', async () => {
    const folder = newFolder();
    const { spool, events } = await openSpool(folder);
    await append(spool, records(5));
    const path = await lastSegment(folder);
    const file = await readFile(path);
    for (const i of [1, 3]) file[file.indexOf(`<${i}>`)] = 0x7f;
    await writeFile(path, file);
    expect((await readAll(spool, 1)).map(({ seq }) => seq)).toEqual([2, 4, 5]);
    expect(events).toMatchObject([
      { kind: 'set-aside', records: 1 },
      { kind: 'set-aside', records: 1 },
    ]);
    expect(spool.stats().records).toBe(3);
    expect([spool.holds('k/3'), spool.holds('k/4')]).toEqual([false, true]);
  });

  it('is not lost with a whole segment: the others are held', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(60));
    await spool.close();
    const [first = ''] = await filesOf(folder, 'segment');
    await writeFile(join(folder, first), Buffer.alloc(SEGMENT_BYTES, 0x55));
    const again = await openSpool(folder);
    const held = await readRecords(again.spool);
    expect(held).toEqual(records(60).slice(60 - held.length));
    expect(held.length).toBeGreaterThan(20);
  });
});

describe('a folder', () => {
  it('may hold what others left in it', async () => {
    const folder = newFolder();
    const { spool } = await openSpool(folder);
    await append(spool, records(5));
    await spool.close();
    await mkdir(join(folder, 'lost+found'));
    await writeFile(join(folder, '7.segment'), 'not ours');
    await writeFile(join(folder, '0000000000000000.spare.part'), 'half of a spare');
    await appendFile(join(folder, 'checkpoint'), 'x');
    await truncate(await lastSegment(folder), spool.stats().bytes);
    expect((await openSpool(folder)).found).toMatchObject({ records: 5, damagedRecords: 0 });
  });
});

import { readFile, writeFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Spool } from '#services/ingress/spool/spool.ts';
import { encode } from '#test/unit/spool/records.ts';
import { changeByteOf, crashed, lastSegment } from './crash.ts';
import { record } from './numbered.ts';
import { append, filesOf, openSpool, outcomes, readAll, readRecords } from './setup.ts';

/** Records by their numbers, of which each is used once. */
export interface Model {
  held: number[];
  /** Removed since the last orderly end: a crash may bring them back. */
  readonly mayReturn: Set<number>;
  next: number;
}

export interface Real {
  folder: string;
  spool: Spool;
  readonly seen: { crashes: number; damaged: number };
}

type Command = fc.AsyncCommand<Model, Real>;

export const newModel = (): Model => ({ held: [], mayReturn: new Set(), next: 1 });

/** Few, so that several records share one; their counters differ. */
const keyOf = (i: number): string => `conversation/${i % 3}`;
const bytesOf = (i: number): number => 10 + ((i * 37) % 400);
const numbered = (i: number) => record(i, bytesOf(i), keyOf(i));

const numbersOf = async (spool: Spool): Promise<number[]> =>
  (await readRecords(spool)).map(({ subject }) => Number(subject.slice('icw.a.n.00.'.length)));

async function agree(model: Model, { spool }: Real): Promise<void> {
  expect(await readRecords(spool)).toEqual(model.held.map(numbered));
  expect(spool.stats().records).toBe(model.held.length);
  for (const i of [0, 1, 2]) expect(spool.holds(keyOf(i))).toBe(model.held.some((n) => n % 3 === i));
}

class Append implements Command {
  readonly #count: number;
  constructor(count: number) {
    this.#count = count;
  }
  check = (): boolean => true;
  toString = (): string => `append ${this.#count}`;
  async run(model: Model, real: Real): Promise<void> {
    const numbers = Array.from({ length: this.#count }, (_, i) => model.next + i);
    model.next += this.#count;
    expect(new Set(outcomes(await append(real.spool, numbers.map(numbered))))).toEqual(new Set(['durable']));
    model.held.push(...numbers);
    await agree(model, real);
  }
}

class Remove implements Command {
  readonly #places: readonly number[];
  constructor(places: readonly number[]) {
    this.#places = places;
  }
  check = ({ held }: Readonly<Model>): boolean => held.length > 0;
  toString = (): string => `remove ${this.#places.join()}`;
  async run(model: Model, real: Real): Promise<void> {
    const stored = await readAll(real.spool);
    const chosen = new Set(this.#places.map((place) => place % model.held.length));
    real.spool.remove(stored.filter((_, i) => chosen.has(i)).map(({ seq }) => seq));
    for (const i of chosen) model.mayReturn.add(model.held[i] ?? 0);
    model.held = model.held.filter((_, i) => !chosen.has(i));
    await agree(model, real);
  }
}

class Drain implements Command {
  check = ({ held }: Readonly<Model>): boolean => held.length > 0;
  toString = (): string => 'drain';
  async run(model: Model, real: Real): Promise<void> {
    real.spool.remove((await readAll(real.spool)).map(({ seq }) => seq));
    for (const i of model.held) model.mayReturn.add(i);
    model.held = [];
    await agree(model, real);
  }
}

class Wipe implements Command {
  check = (): boolean => true;
  toString = (): string => 'wipe';
  async run(model: Model, real: Real): Promise<void> {
    await real.spool.wipe(0);
    await agree(model, real);
  }
}

class Restart implements Command {
  check = (): boolean => true;
  toString = (): string => 'restart';
  async run(model: Model, real: Real): Promise<void> {
    await real.spool.close();
    const { spool, found } = await openSpool(real.folder);
    real.spool = spool;
    model.mayReturn.clear();
    expect(found).toMatchObject({ records: model.held.length, tornTails: 0 });
    await agree(model, real);
  }
}

/** The files as they are, with an unfinished write or anything else behind the last record, and a record damaged or not. */
class Crash implements Command {
  readonly #tail: Uint8Array;
  readonly #damaged: number | null;
  constructor(tail: Uint8Array, damaged: number | null) {
    this.#tail = tail;
    this.#damaged = damaged;
  }
  check = (): boolean => true;
  toString = (): string => `crash, tail of ${this.#tail.length}, damaged ${this.#damaged}`;
  async run(model: Model, real: Real): Promise<void> {
    const copy = await crashed(real.folder);
    if ((await filesOf(copy, 'segment')).length > 0) await this.#writeTail(copy, model.next - 1);
    // The last record of a segment is not told from an unfinished write: one before it.
    const victim =
      model.held.length > 2 && this.#damaged !== null ? model.held[this.#damaged % (model.held.length - 2)] : undefined;
    await real.spool.close();
    const before = victim === undefined ? false : await changeByteOf(copy, `<${victim}>`);
    const { spool, found } = await openSpool(copy);
    Object.assign(real, { folder: copy, spool });
    const numbers = await numbersOf(spool);
    const lost = model.held.filter((i) => !numbers.includes(i));
    expect(lost).toEqual(lost.length > 0 && before ? [victim] : []);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(numbers.filter((i) => !model.held.includes(i) && !model.mayReturn.has(i))).toEqual([]);
    real.seen.crashes += 1;
    if (lost.length > 0) real.seen.damaged += found.damagedRecords;
    model.held = numbers;
    await agree(model, real);
  }

  /** Behind the last record that was ever appended, wherever that lies; nowhere, where it is gone with its file. */
  async #writeTail(folder: string, last: number): Promise<void> {
    const path = await lastSegment(folder);
    const bytes = await readFile(path);
    const { body } = numbered(last);
    const at = bytes.lastIndexOf(body);
    if (at === -1) return;
    bytes.set(this.#tail.subarray(0, bytes.length - at - body.length), at + body.length);
    await writeFile(path, bytes);
  }
}

/** Cut before its end; its sequence is as high as any that a test reaches. */
const unfinished = fc
  .tuple(fc.nat(200), fc.integer({ min: 1, max: 10_000 }))
  .map(([cut, seq]) => encode(record(0, 300), seq).subarray(0, cut));
const tail = fc.oneof(fc.uint8Array({ maxLength: 200 }), unfinished, fc.constant(Buffer.alloc(0)));

export const commands = fc.commands(
  [
    fc.integer({ min: 1, max: 30 }).map((count) => new Append(count)),
    fc.integer({ min: 1, max: 30 }).map((count) => new Append(count)),
    fc.array(fc.nat(), { minLength: 1, maxLength: 10 }).map((places) => new Remove(places)),
    fc.constant(new Drain()),
    fc.constant(new Wipe()),
    fc.constant(new Restart()),
    fc.tuple(tail, fc.option(fc.nat())).map(([bytes, damaged]) => new Crash(bytes, damaged)),
  ],
  { maxCommands: 15 },
);

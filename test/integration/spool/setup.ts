import { readdir, rm } from 'node:fs/promises';
import { afterEach } from 'vitest';
import type { SpoolEvent } from '#services/ingress/spool/event.ts';
import type { SpoolRecord, StoredRecord } from '#services/ingress/spool/record.ts';
import type { FoundAtOpen } from '#services/ingress/spool/recover.ts';
import type { AppendResult } from '#services/ingress/spool/refusal.ts';
import { Spool, type SpoolOptions } from '#services/ingress/spool/spool.ts';
import { temporaryFolder } from '#test/support/child.ts';

/** Small, so that a few records need several of them. */
export const SEGMENT_BYTES = 4096;

export interface OpenSpool {
  readonly spool: Spool;
  readonly found: FoundAtOpen;
  readonly events: readonly SpoolEvent[];
}

const open = new Set<Spool>();
const folders = new Set<string>();

afterEach(async () => {
  for (const spool of open) await spool.close();
  open.clear();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  folders.clear();
});

/** Gone after the test, as is every spool that it opened. */
export function newFolder(): string {
  const folder = temporaryFolder('spool');
  folders.add(folder);
  return folder;
}

export async function openSpool(folder: string, options: Partial<SpoolOptions> = {}): Promise<OpenSpool> {
  const events: SpoolEvent[] = [];
  const defaults = { folder, maxBytes: 64 * SEGMENT_BYTES, segmentBytes: SEGMENT_BYTES };
  const opened = await Spool.open({ ...defaults, onEvent: (event) => events.push(event), ...options });
  if (opened.kind !== 'opened') throw new Error(`not opened: ${JSON.stringify(opened)}`);
  open.add(opened.spool);
  return { spool: opened.spool, found: opened.found, events };
}

export const append = (spool: Spool, list: readonly SpoolRecord[]): Promise<AppendResult[]> =>
  Promise.all(list.map((each) => new Promise<AppendResult>((resolve) => spool.append(each, resolve))));

/** `durable` or the reason of the refusal, of each. */
export const outcomes = (results: readonly AppendResult[]): string[] =>
  results.map((result) => (result.kind === 'durable' ? 'durable' : result.reason));

/** Everything that is held, in its order, a few at a time. */
export async function readAll(spool: Spool, atOnce = 5): Promise<StoredRecord[]> {
  const all: StoredRecord[] = [];
  for (;;) {
    const some = await spool.oldest(atOnce, all.at(-1)?.seq);
    if (some.length === 0) return all;
    all.push(...some);
  }
}

export const readRecords = async (spool: Spool): Promise<SpoolRecord[]> =>
  (await readAll(spool)).map((stored) => stored.record);

export const filesOf = async (folder: string, kind: 'segment' | 'spare'): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith(`.${kind}`)).toSorted();

import { Agent } from 'undici';
import { type Clock, sleep } from '../clock.ts';
import { within } from '../kube/deadline.ts';
import type { ObjectKey } from '../kube/store.ts';
import { Books, podId, type Target } from './books.ts';
import { type Fetched, fetchObservation } from './fetch-observation.ts';
import { Lane } from './lane.ts';
import type { Observations } from './ledger.ts';

export interface ObservationReaderOptions {
  /** All pods of receivers, as they are now. */
  readonly targets: () => readonly Target[];
  /** Default: 5000. */
  readonly everyMs?: number;
  readonly clock: Clock;
  /** Of the calendar. */
  readonly date: () => Date;
  /** Told when the status of a webhook would be another; what it is then, `of` says. */
  readonly onChange: (webhook: ObjectKey) => void;
  readonly onRead: (fetched: Fetched) => void;
}

export interface ObservationReader {
  /** What the receivers of a webhook saw; null until each of its pods was tried once. */
  of(webhook: ObjectKey): Observations | null;
  /** Pods that are there and could not be read the last time, of all webhooks. */
  unread(): number;
  /** Reads until the signal fires; returns when nothing is under way any more. */
  run(signal: AbortSignal): Promise<void>;
}

const EVERY_MS = 5_000;
const READ_MS = 2_000;
/** 700 topics of 512 characters and 960 seconds are some 400 KB. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** At once: of 1000 pods each is read within 5 s if a reading takes 160 ms. */
const MAX_READS = 32;
/** Those that failed the last time have a few places of their own, so that they take none from the others. */
const MAX_RETRIES = 8;

/** Reads every pod every few seconds, each by itself, and keeps what those saw that are gone. */
export function createObservationReader(options: ObservationReaderOptions): ObservationReader {
  const { targets, clock, onRead, everyMs = EVERY_MS } = options;
  const books = new Books(options);
  const underWay = new Map<string, Promise<void>>();
  const [reads, retries] = [new Lane(MAX_READS), new Lane(MAX_RETRIES)];

  function begin(target: Target, dispatcher: Agent, signal: AbortSignal): void {
    const id = podId(target);
    if (underWay.has(id)) return;
    const lane = books.isUnread(target) ? retries : reads;
    const reading = lane.run(() => read(target, dispatcher, signal)).finally(() => underWay.delete(id));
    underWay.set(id, reading);
  }

  async function read(target: Target, dispatcher: Agent, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const timeout = { signal, timeoutMs: READ_MS, onTimeout: () => new Error(`no answer within ${READ_MS} ms`) };
    const fetched = await within(timeout, (both) => fetchObservation(target, { dispatcher, signal: both }));
    if (signal.aborted) return;
    onRead(fetched);
    books.enter(target, fetched);
  }

  return {
    of: (webhook) => books.of(webhook),
    unread: () => books.countUnread(),
    run: async (signal) => {
      const agent = new Agent({ connections: 1, maxResponseSize: MAX_ANSWER_BYTES, connect: { timeout: READ_MS } });
      while (!signal.aborted) {
        const present = targets();
        books.register(present);
        for (const target of present) begin(target, agent, signal);
        await sleep(clock, everyMs, signal).catch(() => undefined);
      }
      await Promise.all(underWay.values());
      await agent.destroy();
    },
  };
}

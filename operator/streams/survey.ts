import { isDeepStrictEqual } from 'node:util';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAMS, SUBJECTS, webhookToken } from '#shared/contract.ts';
import { asError } from '#shared/logger.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { type Clock, sleep } from '../clock.ts';
import { keyOf, type ObjectKey } from '../kube/store.ts';
import { consumerNames } from './desired.ts';
import type { Brokers } from './keeper.ts';
import { orNull } from './not-found.ts';
import { RoomKeeper, type RoomOutcome } from './purge.ts';
import type { ConsumerReading } from './room.ts';

/** What waits for one handler. */
export interface HandlerLoad {
  /** Notifications that are not done with. */
  readonly lag: number;
  readonly deadLetters: number;
}

/** By name of the handler. */
export type Load = ReadonlyMap<string, HandlerLoad>;

export interface SurveyOptions {
  /** Every resource there is. */
  readonly keys: () => readonly ObjectKey[];
  /** Null where it is not worked with. Asked when its turn comes: to parse all at once would hold up the first pass. */
  readonly find: (key: ObjectKey) => IntercomWebhook | null;
  readonly brokers: Brokers;
  readonly clock: Clock;
  /** What waits is not what it was. */
  readonly onChange: (key: ObjectKey) => void;
  readonly onRoom: (key: ObjectKey, outcome: Exclude<RoomOutcome, { kind: 'nothing' }>) => void;
  readonly onFailure: (key: ObjectKey, error: Error) => void;
}

export interface Survey {
  /** As it was at the last look; null where there was none. */
  of(key: ObjectKey): Load | null;
  /**
   * Looks at a resource that was not looked at yet, so that its first status says it all: each write of one is dear. Once: a
   * pass that waits for a server that does not answer is a worker that is lacking.
   */
  begin(webhook: IntercomWebhook): Promise<void>;
  /** Looks at all of them again and again, and makes room where streams are nearly full, until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * All are looked at once in so long, by three calls each: a few of them often, 500 in 30 s at 50 calls a second, and more
 * of them less often. A stream that fills between two looks is met by the spools.
 */
const MIN_ROUND_MS = 5_000;
const PAUSE_MS = 60;
/** How often it is looked whether there are any. */
const EMPTY_MS = 1_000;

/** Reads from NATS what waits for whom. */
export function createSurvey(options: SurveyOptions): Survey {
  const { keys, find, brokers, clock, onChange, onRoom, onFailure } = options;
  const known = new Map<ObjectKey, Known>();
  const begun = new Set<ObjectKey>();

  const read = async (webhook: IntercomWebhook): Promise<void> => {
    const { namespace, name } = webhook.metadata;
    const key = keyOf({ namespace, name });
    const access = await brokers.of(namespace);
    if (access.kind === 'away') return;
    const { connection } = access;
    const token = webhookToken(namespace, name);
    const before = known.get(key);
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const keeper =
      before?.connection === connection ? before.keeper : new RoomKeeper(manager, STREAMS.events(token), Date.now);
    const outcome = await keeper.keep(webhook.spec.handlers.flatMap(consumerNames));
    if (outcome.kind !== 'nothing') onRoom(key, outcome);
    const load = loadOf(webhook, keeper.reading?.consumers ?? [], await deadLettersOf(manager, token));
    known.set(key, { connection, keeper, load });
  };

  /** Streams that are not there yet are for the reconciler to make, and to report. */
  const look = async (webhook: IntercomWebhook): Promise<void> => {
    await orNull(() => read(webhook)).catch((error: unknown) => onFailure(keyOf(webhook.metadata), asError(error)));
  };

  /** @returns whether what waits is not what it was */
  const lookAgain = async (key: ObjectKey): Promise<boolean> => {
    const webhook = find(key);
    if (webhook === null) {
      known.delete(key);
      return false;
    }
    const before = known.get(key)?.load;
    await look(webhook);
    return !isDeepStrictEqual(before, known.get(key)?.load);
  };

  return {
    of: (key) => known.get(key)?.load ?? null,
    begin: async (webhook) => {
      const key = keyOf(webhook.metadata);
      if (begun.has(key) || known.has(key)) return;
      begun.add(key);
      await look(webhook);
    },
    run: async (signal) => {
      while (!signal.aborted) {
        const all = new Set(keys());
        for (const keysOf of [known, begun]) for (const key of keysOf.keys()) if (!all.has(key)) keysOf.delete(key);
        const pauseMs = Math.max(PAUSE_MS, MIN_ROUND_MS / Math.max(1, all.size));
        for (const key of all) {
          if (await lookAgain(key)) onChange(key);
          await sleep(clock, pauseMs, signal).catch(() => null);
          if (signal.aborted) return;
        }
        if (all.size === 0) await sleep(clock, EMPTY_MS, signal).catch(() => null);
      }
    },
  };
}

interface Known {
  readonly connection: NatsConnection;
  readonly keeper: RoomKeeper;
  readonly load: Load;
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

function loadOf(
  { spec }: IntercomWebhook,
  consumers: readonly ConsumerReading[],
  deadLetters: ReadonlyMap<string, number>,
): Load {
  const waiting = new Map(consumers.map(({ name, pending, unacknowledged }) => [name, pending + unacknowledged]));
  return new Map(
    spec.handlers.map((handler) => [
      handler.name,
      {
        lag: total(consumerNames(handler).map((name) => waiting.get(name) ?? 0)),
        deadLetters: deadLetters.get(handler.name) ?? 0,
      },
    ]),
  );
}

/** By handler: its subjects are `icw.<webhook>.dlq.<handler>.<topic>`. */
async function deadLettersOf(manager: JetStreamManager, webhook: string): Promise<ReadonlyMap<string, number>> {
  const filter = SUBJECTS.deadLettersOfWebhook(webhook);
  const { state } = await manager.streams.info(STREAMS.deadLetters, { subjects_filter: filter });
  const counts = new Map<string, number>();
  for (const [subject, count] of Object.entries(state.subjects ?? {})) {
    const handler = subject.split('.')[HANDLER_TOKEN] ?? '';
    counts.set(handler, (counts.get(handler) ?? 0) + count);
  }
  return counts;
}

const HANDLER_TOKEN = 3;

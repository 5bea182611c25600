import { Registry } from 'prom-client';
import { Circuit } from '#services/worker/circuit.ts';
import { claimKey } from '#services/worker/claims/key.ts';
import { decodeRecord } from '#services/worker/claims/record.ts';
import type { RecordStore, Written } from '#services/worker/claims/record-store.ts';
import { storedClaims } from '#services/worker/claims/stored-claims.ts';
import type { Answer } from '#services/worker/delivery.ts';
import type { AskedFor } from '#services/worker/effect-store.ts';
import { Latest } from '#services/worker/latest.ts';
import type { Message } from '#services/worker/message.ts';
import { createWorkerMetrics } from '#services/worker/metrics.ts';
import { hold } from '#services/worker/ordered/held-message.ts';
import { Runner } from '#services/worker/ordered/runner.ts';
import { work } from '#services/worker/work.ts';
import { seal } from '#shared/envelope.ts';
import { createLogger } from '#shared/logger.ts';
import type { TimedCall } from '#test/support/order-report.ts';
import { Loop } from './loop.ts';
import { ModelStream } from './model-stream.ts';

export const LEASE_MS = 1_000;
/** A handler that outlives its worker is done before the lease is. */
const LONGEST_CALL_MS = 300;
const LONGEST_WAY_MS = 20;
const PARTITIONS = 2;
const HANDLER = 'support';
const ASKS_TO_CLOSE: Answer = {
  contentType: 'application/json',
  body: Buffer.from('{"effects":[{"type":"close","admin_id":"7"}]}'),
  isCut: false,
};

interface ModelWorker {
  readonly runner: Runner<ReturnType<typeof hold>>;
  readonly receive: (partition: number, generation: number) => (message: Message) => void;
  isDead: boolean;
  thawMs: number;
  /** What comes while it stands still. */
  readonly stalled: (() => void)[];
}

/** Workers, a stream, a store of claims and a handler, as far as order is concerned; all of ours in it is real. */
export class ModelWorld {
  readonly loop = new Loop();
  readonly calls: TimedCall[] = [];
  readonly published: string[] = [];
  /** Called although their record said `done`. */
  readonly calledAfterDone: string[] = [];
  /** Their record said `done` before what the handler had asked for was stored. */
  readonly doneBeforeEffects: string[] = [];
  /** Notifications whose answer's effects are stored; the store takes them once. */
  readonly effects = new Set<string>();
  /** The handler answers 503 whatever comes. */
  isDown = false;
  /** Given up. */
  deadLetters = 0;
  /** Calls under way when their worker died or stood still. */
  interrupted = 0;
  readonly #random: () => number;
  readonly #streams: ModelStream[];
  readonly #records = new Map<string, { value: string; revision: number; atMs: number }>();
  readonly #ids = new Map<string, string>();
  readonly #done = new Set<string>();
  readonly #workers: ModelWorker[] = [];
  readonly #owners: (ModelWorker | null)[] = [null, null];
  #generation = 0;

  constructor(random: () => number) {
    this.#random = random;
    const latencyMs = () => this.#upTo(LONGEST_WAY_MS);
    this.#streams = Array.from({ length: PARTITIONS }, () => new ModelStream(this.loop, latencyMs));
  }

  get unacknowledged(): number {
    return this.#streams.reduce((sum, stream) => sum + stream.unacknowledged, 0);
  }

  publish(key: number): void {
    const number = this.published.filter((id) => id.startsWith(`${key}/`)).length;
    const id = `${key}/${number}`;
    this.published.push(id);
    this.#ids.set(claimKey(HANDLER, `app:${id}`), id);
    const notification = {
      topic: 'a.b',
      id,
      appId: 'app',
      key: { kind: 'conversation', id: String(key) },
      createdAt: null,
      deliveryAttempts: 1,
      contactIds: [],
      conversationIds: [],
    };
    const { headers } = seal('w', notification, this.loop.nowMs);
    this.#streams[key % PARTITIONS]?.publish({ id, headers, seq: this.published.length, atMs: this.loop.nowMs });
  }

  /** Its successor learns of it after a while, and takes over what it had. */
  crash(which: number): void {
    const worker = this.#alive(which);
    this.interrupted += worker.runner.running;
    worker.isDead = true;
    this.loop.after(this.#upTo(3_000), () => this.#giveAway(worker));
  }

  /** It is taken for dead if that lasts, and goes on afterwards as if nothing had been, until it is told. */
  freeze(which: number, ms: number): void {
    const worker = this.#alive(which);
    this.interrupted += worker.runner.running;
    worker.thawMs = Math.max(worker.thawMs, this.loop.nowMs + ms);
    this.loop.after(ms, () => this.#thaw(worker));
    if (ms > 2_500) this.loop.after(2_500, () => this.#giveAway(worker));
  }

  /** The others decide so; the one that had it learns of it later. */
  reassign(partition: number, which: number): void {
    const before = this.#owners[partition];
    const next = this.#alive(which);
    if (before === next) return;
    this.#takeOver(partition, next);
    if (before?.isDead === false)
      this.#do(before, () => this.loop.after(this.#upTo(3_000), () => this.#tell(before, partition)));
  }

  /** Nothing happens to workers any more, and each share has one: all has to come to its end. */
  async settle(): Promise<void> {
    for (const [partition, owner] of this.#owners.entries()) {
      if (owner === null) this.#takeOver(partition, this.#open());
    }
    await this.loop.pass(90_000);
  }

  #tell(worker: ModelWorker, partition: number): void {
    this.#do(worker, () => {
      if (this.#owners[partition] !== worker) worker.runner.end(partition);
    });
  }

  #giveAway(worker: ModelWorker): void {
    for (const [partition, owner] of this.#owners.entries()) {
      if (owner === worker) this.#takeOver(partition, this.#open());
      this.loop.after(this.#upTo(1_000), () => this.#tell(worker, partition));
    }
  }

  #takeOver(partition: number, worker: ModelWorker): void {
    this.#generation += 1;
    this.#owners[partition] = worker;
    worker.runner.begin(partition, this.#generation);
    this.#streams[partition]?.takeOver(worker.receive(partition, this.#generation));
  }

  #alive(which: number): ModelWorker {
    const alive = this.#workers.filter(({ isDead }) => !isDead);
    while (alive.length < PARTITIONS) {
      const worker = this.#open();
      alive.push(worker);
      const free = this.#owners.indexOf(null);
      if (free !== -1) this.#takeOver(free, worker);
    }
    return alive[which % alive.length] ?? this.#open();
  }

  /** Nothing happens in a dead one any more; in one that stands still, later. */
  #do(worker: ModelWorker, run: () => void): void {
    if (worker.isDead) return;
    if (worker.thawMs > this.loop.nowMs) worker.stalled.push(run);
    else run();
  }

  #thaw(worker: ModelWorker): void {
    if (worker.thawMs > this.loop.nowMs) return;
    for (const run of worker.stalled.splice(0)) this.#do(worker, run);
  }

  #open(): ModelWorker {
    const owner = `worker-${this.#workers.length}`;
    const claims = storedClaims(
      this.#store(() => worker),
      { owner, leaseMs: LEASE_MS, nowMs: () => this.loop.nowMs },
    );
    const deps = {
      handlerName: HANDLER,
      handler: {
        call: (headers: Record<string, string>) => this.#call(headers, () => worker),
        close: async () => undefined,
      },
      claims,
      circuit: new Circuit(() => this.#random()),
      latest: new Latest(),
      effects: { put: (asked: AskedFor) => this.#storeEffects(asked, () => worker) },
      deadLetters: {
        put: async () => {
          this.deadLetters += 1;
        },
      },
      policy: { maxAgeMs: 1e9, maxAttempts: 1_000, minBackoffMs: 50, maxBackoffMs: 400, eventsRetentionMs: 1e9 },
      regions: {},
      renewMs: 1e9,
      metrics: createWorkerMetrics(new Registry(), () => ({ inFlight: 0, held: 0, fullness: 0, isHandlerAway: false })),
      logger: createLogger('model', 'silent', {}),
    };
    const runner: ModelWorker['runner'] = new Runner({
      concurrency: 3,
      work: ({ message }) => work(message, deps),
      pauseMs: () => deps.circuit.waitMs(this.loop.nowMs),
      after: (delayMs, callback) => this.loop.after(delayMs, () => this.#do(worker, callback)),
      onChange: () => undefined,
    });
    const worker: ModelWorker = {
      runner,
      isDead: false,
      thawMs: 0,
      stalled: [],
      receive: (partition, generation) => (message) =>
        this.#do(worker, () => runner.add(hold(message, { partition, generation, heldBytes: 0 }))),
    };
    this.#workers.push(worker);
    return worker;
  }

  /** Goes on whatever becomes of the worker that called. */
  #call(headers: Record<string, string>, worker: () => ModelWorker) {
    const call: TimedCall = { id: headers['ce-id'] ?? '', beganMs: this.loop.nowMs, endedMs: Infinity };
    this.calls.push(call);
    if (this.#done.has(call.id)) this.calledAfterDone.push(call.id);
    const chance = this.#random();
    const status = this.isDown ? 503 : chance < 0.8 ? 200 : chance < 0.95 ? 500 : 503;
    const { promise, resolve } = Promise.withResolvers<{
      kind: 'answered';
      status: number;
      retryAfterMs: null;
      answer: Answer | null;
    }>();
    this.loop.after(this.#upTo(LONGEST_CALL_MS), () => {
      call.endedMs = this.loop.nowMs;
      call.isTaken = status === 200;
      const answer = status === 200 ? ASKS_TO_CLOSE : null;
      this.#do(worker(), () => resolve({ kind: 'answered', status, retryAfterMs: null, answer }));
    });
    return promise;
  }

  /** Those of a dead worker are never answered, and those of one that stands still not yet. */
  #request<T>(worker: () => ModelWorker, apply: () => T): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    if (worker().isDead) return promise;
    this.loop.after(this.#upTo(LONGEST_WAY_MS), () => {
      const answer = apply();
      this.loop.after(this.#upTo(LONGEST_WAY_MS), () => this.#do(worker(), () => resolve(answer)));
    });
    return promise;
  }

  #storeEffects({ id }: AskedFor, worker: () => ModelWorker): Promise<'stored' | 'stored-before'> {
    return this.#request(worker, () => {
      if (this.effects.has(id)) return 'stored-before';
      this.effects.add(id);
      return 'stored';
    });
  }

  #store(worker: () => ModelWorker): RecordStore {
    const request = <T>(apply: () => T) => this.#request(worker, apply);
    const write = (key: string, value: string, over: number): Written => {
      const found = this.#records.get(key);
      if ((found?.revision ?? 0) !== over) return { kind: 'conflict' };
      if (decodeRecord(value).state === 'done') {
        const id = this.#ids.get(key) ?? '';
        this.#done.add(id);
        if (!this.effects.has(`app:${id}`)) this.doneBeforeEffects.push(id);
      }
      this.#records.set(key, { value, revision: over + 1, atMs: this.loop.nowMs });
      return { kind: 'written', revision: over + 1 };
    };
    return {
      create: (key, value) => request(() => write(key, value, 0)),
      update: (key, value, over) => request(() => write(key, value, over)),
      get: (key) =>
        request(() => {
          const found = this.#records.get(key);
          if (found === undefined) return null;
          const { value, revision, atMs } = found;
          return { value, revision, ageMs: async () => this.loop.nowMs - atMs };
        }),
      reachableForMs: () => Infinity,
      close: async () => undefined,
    };
  }

  #upTo(ms: number): number {
    return Math.floor(this.#random() * ms);
  }
}

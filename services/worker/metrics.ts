import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface WorkerMetrics {
  readonly deliveries: Counter<'result'>;
  readonly skipped: Counter<'reason'>;
  readonly deadLetters: Counter<'reason'>;
  readonly takeovers: Counter;
  readonly callSeconds: Histogram;
  readonly queueSeconds: Histogram;
  readonly storeTrouble: Counter<'store'>;
}

interface Load {
  readonly inFlight: number;
  readonly held: number;
  readonly fullness: number;
  readonly isHandlerAway: boolean;
}

/** Labels come from fixed sets; what Intercom sends is never one. */
export function createWorkerMetrics(registry: Registry, load: () => Load): WorkerMetrics {
  const registers = [registry];
  void new Gauge({
    name: 'intercom_worker_in_flight',
    help: 'Messages being worked on.',
    registers,
    collect() {
      this.set(load().inFlight);
    },
  });
  void new Gauge({
    name: 'intercom_worker_held',
    help: 'Messages that were pulled and are not over: worked on, behind another of their key, or waiting for a retry.',
    registers,
    collect() {
      this.set(load().held);
    },
  });
  void new Gauge({
    name: 'intercom_worker_held_ratio',
    help: 'Of the messages that may be held of one share of the keys, how many are; at 1 that share stands still.',
    registers,
    collect() {
      this.set(load().fullness);
    },
  });
  void new Gauge({
    name: 'intercom_worker_handler_unavailable',
    help: 'Whether the handler is taken to be away: 1 = it is only asked now and then until it answers.',
    registers,
    collect() {
      this.set(load().isHandlerAway ? 1 : 0);
    },
  });
  return {
    deliveries: new Counter({
      name: 'intercom_worker_deliveries_total',
      help: 'Calls to the handler, by what was decided after them.',
      labelNames: ['result'],
      registers,
    }),
    skipped: new Counter({
      name: 'intercom_worker_skipped_total',
      help: 'Messages that led to no call: handled before, held by another worker, not due yet, or older than their topic.',
      labelNames: ['reason'],
      registers,
    }),
    deadLetters: new Counter({
      name: 'intercom_worker_dead_letters_total',
      help: 'Messages given up, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    takeovers: new Counter({
      name: 'intercom_worker_takeovers_total',
      help: 'Times that this worker took over a share of the keys: at starts, ends and failures of workers, and of NATS.',
      registers,
    }),
    callSeconds: new Histogram({
      name: 'intercom_worker_call_seconds',
      help: 'Duration of calls to the handler.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    }),
    queueSeconds: new Histogram({
      name: 'intercom_worker_queue_seconds',
      help: 'From receipt by the ingress to the first call of the handler.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30, 120, 600, 3600],
      registers,
    }),
    storeTrouble: new Counter({
      name: 'intercom_worker_store_unavailable_total',
      help: 'Times that claims or dead letters could not be written; the message waits, nothing is called twice.',
      labelNames: ['store'],
      registers,
    }),
  };
}

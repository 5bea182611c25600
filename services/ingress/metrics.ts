import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { UNAVAILABLE_REASONS } from './receive.ts';
import type { SpoolStats } from './spool/spool.ts';

export interface IngressMetrics {
  readonly answers: Counter<'outcome' | 'code'>;
  readonly answerSeconds: Histogram;
  readonly publishGroups: Counter<'result'>;
  readonly spoolRefused: Counter<'reason'>;
  readonly spoolExpired: Counter;
  readonly unavailable: Counter<'reason'>;
  readonly connectionsRefused: Counter;
  readonly lastPing: Gauge;
  readonly lastNotification: Gauge;
}

/** Outcomes are those of `answer.ts` and `server.ts`: a fixed set, whatever is sent. */
export function createIngressMetrics(registry: Registry, spool: () => SpoolStats): IngressMetrics {
  const registers = [registry];
  spoolGauges(registers, spool);
  const unavailable = new Counter({
    name: 'intercom_ingress_unavailable_total',
    help: 'Requests answered 503: not_stored by broker or spool, too much waiting for them, or too much receiving at once.',
    labelNames: ['reason'],
    registers,
  });
  for (const reason of UNAVAILABLE_REASONS) unavailable.inc({ reason }, 0);
  return {
    unavailable,
    connectionsRefused: new Counter({
      name: 'intercom_ingress_connections_refused_total',
      help: 'Connections closed unanswered, as many as may be being open.',
      registers,
    }),
    answers: new Counter({
      name: 'intercom_ingress_answers_total',
      help: 'Requests answered, by what became of them and by status code.',
      labelNames: ['outcome', 'code'],
      registers,
    }),
    answerSeconds: new Histogram({
      name: 'intercom_ingress_answer_seconds',
      help: 'From the last byte of a request to its answer. Intercom lowers the priority of endpoints above 0.5 s.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    publishGroups: new Counter({
      name: 'intercom_ingress_publish_groups_total',
      help: 'Groups of notifications published together. One in doubt was published again, one by one: the broker is slow, full or away.',
      labelNames: ['result'],
      registers,
    }),
    spoolRefused: new Counter({
      name: 'intercom_ingress_spool_refused_total',
      help: 'Notifications that the spool did not take, by reason; what the broker does not take either is answered 503.',
      labelNames: ['reason'],
      registers,
    }),
    spoolExpired: new Counter({
      name: 'intercom_ingress_spool_expired_total',
      help: 'Notifications that waited in the spool for longer than retention.events, and are lost.',
      registers,
    }),
    lastPing: new Gauge({
      name: 'intercom_ingress_last_ping_timestamp_seconds',
      help: 'When Intercom last sent a signed ping, 0 for never.',
      registers,
    }),
    lastNotification: new Gauge({
      name: 'intercom_ingress_last_notification_timestamp_seconds',
      help: 'When a notification was last stored, 0 for never.',
      registers,
    }),
  };
}

/** What is held in memory at this moment; `limits.ts` says how much may be. */
export interface InFlight {
  readonly connections: () => number;
  readonly unfinishedBytes: () => number;
  readonly waitingBytes: () => number;
}

export function reportInFlight(registry: Registry, { connections, unfinishedBytes, waitingBytes }: InFlight): void {
  const gauge = gauges([registry]);
  gauge('intercom_ingress_connections', 'Connections open.', connections);
  gauge('intercom_ingress_receiving_bytes', 'Bodies of which something is still to come.', unfinishedBytes);
  gauge('intercom_ingress_waiting_bytes', 'Notifications that wait for the broker or the disk.', waitingBytes);
}

/** Read when they are asked for. */
const gauges = (registers: Registry[]) => (name: string, help: string, value: () => number) =>
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(value());
    },
  });

function spoolGauges(registers: Registry[], stats: () => SpoolStats): void {
  const gauge = gauges(registers);
  gauge('intercom_ingress_spool_records', 'Notifications on disk that wait for the broker.', () => stats().records);
  gauge('intercom_ingress_spool_bytes', 'What they take on the disk.', () => stats().bytes);
  gauge(
    'intercom_ingress_spool_oldest_timestamp_seconds',
    'When the oldest of them was taken, 0 where there is none.',
    () => (stats().oldestAtMs ?? 0) / 1000,
  );
}

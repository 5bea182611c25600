import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { SpoolStats } from './spool/spool.ts';

export interface IngressMetrics {
  readonly answers: Counter<'outcome' | 'code'>;
  readonly answerSeconds: Histogram;
  readonly publishGroups: Counter<'result'>;
  readonly spoolRefused: Counter<'reason'>;
  readonly lastPing: Gauge;
  readonly lastNotification: Gauge;
}

/** Outcomes are those of `answer.ts` and `server.ts`: a fixed set, whatever is sent. */
export function createIngressMetrics(registry: Registry, spool: () => SpoolStats): IngressMetrics {
  const registers = [registry];
  spoolGauges(registers, spool);
  return {
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

/** Read when they are asked for. */
function spoolGauges(registers: Registry[], stats: () => SpoolStats): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('intercom_ingress_spool_records', 'Notifications on disk that wait for the broker.', () => stats().records);
  gauge('intercom_ingress_spool_bytes', 'What they take on the disk.', () => stats().bytes);
  gauge(
    'intercom_ingress_spool_oldest_timestamp_seconds',
    'When the oldest of them was taken, 0 where there is none.',
    () => (stats().oldestAtMs ?? 0) / 1000,
  );
}

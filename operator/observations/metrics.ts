import { Counter, Gauge, type Registry } from 'prom-client';
import { type Fetched, READ_FAILURES } from './fetch-observation.ts';

export interface ObservationMetrics {
  readonly onRead: (fetched: Fetched) => void;
}

/** @param unread how many pods of receivers could not be read the last time */
export function createObservationMetrics(registry: Registry, unread: () => number): ObservationMetrics {
  const registers = [registry];
  const reads = new Counter({
    name: 'intercom_operator_observation_reads_total',
    help: 'Readings of what the pods of receivers saw, and why some failed.',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['read', ...READ_FAILURES]) reads.inc({ result }, 0);
  void new Gauge({
    name: 'intercom_operator_observation_unread_pods',
    help: 'Pods of receivers that could not be read the last time: what they saw is missing in the status.',
    registers,
    collect() {
      this.set(unread());
    },
  });
  return { onRead: (fetched) => reads.inc({ result: fetched.kind === 'read' ? 'read' : fetched.reason }) };
}

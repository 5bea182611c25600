import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { EventResult } from '../events/recorder.ts';
import type { LeadershipChange } from '../leader/campaign.ts';
import type { Outcome } from '../outcome.ts';
import type { Controller, Ended } from './controller.ts';

export interface ControllerMetrics {
  onOutcome(end: Ended): void;
  onLeadership(change: LeadershipChange): void;
  onEvent(result: EventResult): void;
}

/** So that every series is there from the start. */
const OUTCOMES: readonly Outcome['kind'][] = ['done', 'requeue', 'blocked', 'failed'];
const EVENT_RESULTS: readonly EventResult['kind'][] = ['written', 'dropped', 'failed'];

/** Labels are kinds of outcome and places in the queue: sets that the code fixes. */
export function createControllerMetrics(
  registry: Registry,
  depth: () => ReturnType<Controller['depth']>,
): ControllerMetrics {
  const registers = [registry];
  const outcomes = new Counter({
    name: 'intercom_operator_reconciles_total',
    help: 'Passes over a resource, by what came of them.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of OUTCOMES) outcomes.inc({ outcome }, 0);
  const seconds = new Histogram({
    name: 'intercom_operator_reconcile_seconds',
    help: 'Duration of a pass over a resource.',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  void new Gauge({
    name: 'intercom_operator_queue_depth',
    help: 'Resources to be worked on: ready, waiting for their time, and taken.',
    labelNames: ['place'],
    registers,
    collect() {
      for (const [place, count] of Object.entries(depth())) this.set({ place }, count);
    },
  });
  const leader = new Gauge({
    name: 'intercom_operator_leader',
    help: '1 where this replica leads, else 0.',
    registers,
  });
  const events = new Counter({
    name: 'intercom_operator_events_total',
    help: 'Events for people: written, dropped since they were too many, or failed.',
    labelNames: ['result'],
    registers,
  });
  for (const result of EVENT_RESULTS) events.inc({ result }, 0);
  return {
    onOutcome: ({ outcome, durationMs }) => {
      outcomes.inc({ outcome: outcome.kind });
      seconds.observe(durationMs / 1000);
    },
    onLeadership: ({ kind }) => {
      if (kind !== 'trouble') leader.set(kind === 'elected' ? 1 : 0);
    },
    onEvent: ({ kind }) => events.inc({ result: kind }),
  };
}

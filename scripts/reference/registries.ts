import { Registry } from 'prom-client';
import * as z from 'zod';
import { createControllerMetrics } from '#operator/controller/metrics.ts';
import { createKubeMetrics } from '#operator/kube/metrics.ts';
import { createObservationMetrics } from '#operator/observations/metrics.ts';
import { createIngressMetrics, reportInFlight } from '#services/ingress/metrics.ts';
import { createWorkerMetrics } from '#services/worker/metrics.ts';
import type { MetricFacts, ProcessMetrics } from './metrics.ts';

/** The metrics of every process, by making them as the process does, over figures that are all nothing. */
export const readMetrics = (): Promise<ProcessMetrics[]> => Promise.all(MAKERS.map(read));

interface Maker {
  readonly process: string;
  readonly commonLabels: readonly string[];
  readonly make: (registry: Registry) => void;
}

const none = (): number => 0;

const MAKERS: readonly Maker[] = [
  {
    process: 'ingress',
    commonLabels: ['namespace', 'webhook'],
    make: (registry) => {
      createIngressMetrics(registry, () => ({ records: 0, bytes: 0, oldestAtMs: null }));
      reportInFlight(registry, { connections: none, unfinishedBytes: none, waitingBytes: none });
    },
  },
  {
    process: 'worker',
    commonLabels: ['namespace', 'webhook', 'handler'],
    make: (registry) =>
      createWorkerMetrics(registry, () => ({ inFlight: 0, held: 0, fullness: 0, isHandlerAway: false })),
  },
  {
    process: 'operator',
    commonLabels: [],
    make: (registry) => {
      createControllerMetrics(registry, () => ({ ready: 0, waiting: 0, taken: 0 }));
      createKubeMetrics(registry);
      createObservationMetrics(registry, none);
    },
  },
];

/** What prom-client keeps and does not declare. */
const Named = z.object({ labelNames: z.array(z.string()) });

async function read({ process, commonLabels, make }: Maker): Promise<ProcessMetrics> {
  const registry = new Registry();
  make(registry);
  const values = new Map((await registry.getMetricsAsJSON()).map((metric) => [metric.name, metric.values]));
  const metrics = registry.getMetricsAsArray().map(({ name, type, help, ...rest }): MetricFacts => {
    const { labelNames } = Named.parse(rest);
    const seen = (label: string): string[] => (values.get(name) ?? []).map(({ labels }) => String(labels[label] ?? ''));
    return {
      name,
      type: String(type),
      help,
      labels: labelNames.map((label) => ({ name: label, values: distinct(seen(label)) })),
    };
  });
  return { process, commonLabels, metrics };
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].filter((text) => text !== '');

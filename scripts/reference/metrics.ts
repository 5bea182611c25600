import { PATHS, PORTS } from '#shared/contract.ts';
import { code, page, table } from './markdown.ts';

export interface MetricFacts {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** Its own labels; of each the values that are there from the start. */
  readonly labels: readonly { readonly name: string; readonly values: readonly string[] }[];
}

export interface ProcessMetrics {
  readonly process: string;
  /** Labels that each of its series has. */
  readonly commonLabels: readonly string[];
  readonly metrics: readonly MetricFacts[];
}

const INTRO = `Served at ${code(PATHS.metrics)}, by ingress and worker on port ${PORTS.inner} (\`inner\`), by the operator on its
\`INNER_PORT\`. Beside these every process has the figures of prom-client about itself: \`process_*\` and \`nodejs_*\`. A
label's values are named where they are there from the start. What Intercom sends is never a label.`;

/** docs/reference/metrics.md: every metric of ours. */
export const metricsPage = (processes: readonly ProcessMetrics[]): string =>
  page({ title: 'Metrics', source: 'the metrics.ts of each process', parts: [INTRO, ...processes.map(processText)] });

const processText = ({ process, commonLabels, metrics }: ProcessMetrics): string =>
  [
    `## ${process}`,
    ...(commonLabels.length === 0 ? [] : [`Every series has ${commonLabels.map(code).join(', ')}.`]),
    table(['metric', 'type', 'labels', 'what it counts'], metrics.map(metricRow)),
  ].join('\n\n');

const metricRow = ({ name, type, labels, help }: MetricFacts): string[] => [
  code(name),
  type,
  labels.map(labelText).join('; '),
  help,
];

const labelText = ({ name, values }: MetricFacts['labels'][number]): string =>
  values.length === 0 ? code(name) : `${code(name)}: ${values.map(code).join(', ')}`;

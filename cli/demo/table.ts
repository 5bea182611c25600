import { styleText } from 'node:util';
import type { Report } from '#cli/judge/intercom.ts';
import { quantile, type Verdict } from '#cli/judge/judge.ts';

export interface Row {
  readonly label: string;
  readonly value: string;
  /** Whether a promise held; null where the row promises nothing. */
  readonly kept: boolean | null;
}

/** What the simulator was asked to send. */
export interface Asked {
  /** With a good signature, each to be acknowledged in the end. */
  readonly count: number;
  readonly forgeries: number;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** The closing table of the demo: what Intercom saw, what the handler saw, and which promises that keeps. Pure. */
export function summarise(report: Report, verdict: Verdict, asked: Asked): readonly Section[] {
  const { intercom } = report;
  const turnedAway = Number(intercom['rejectedForgeries']) + Number(intercom['undecidedForgeries']);
  const [p50, p99] = [quantile(verdict.latenciesMs, 0.5), quantile(verdict.latenciesMs, 0.99)];
  return [
    {
      title: 'What Intercom saw',
      rows: [
        fact('requests accepted, duplicates and unknown topics included', intercom['delivered']),
        promise('notifications acknowledged', verdict.acknowledged, asked.count),
        promise('… lost to Intercom, its one retry failed too', intercom['lostAfterRetry'], 0),
        fact('errors counted (an ingress was killed)', intercom['errors']),
        promise('forgeries rejected, or cut off by the kill', turnedAway, asked.forgeries),
        promise('forgeries accepted', intercom['acceptedForgeries'], 0),
        fact('answers slower than 500 ms', intercom['slow']),
      ],
    },
    {
      title: 'What the handler saw',
      rows: [
        promise('notifications handled', verdict.handled, verdict.acknowledged),
        promise('acknowledged and lost', verdict.lost.length, 0),
        fact('repeated calls (a worker was killed)', verdict.repeatedCalls),
        promise('handled twice', verdict.handledTwice.length, 0),
        promise('calls for what nobody sent or declared', verdict.uninvited.length, 0),
      ],
    },
    {
      title: "From Intercom's first attempt to the handler",
      rows: [fact('p50', `${Math.round(p50)} ms`), fact('p99, kills and retry included', `${Math.round(p99)} ms`)],
    },
  ];
}

const fact = (label: string, value: unknown): Row => ({ label, value: String(value), kept: null });
const promise = (label: string, value: unknown, expected: number): Row => ({
  label,
  value: String(value),
  kept: value === expected,
});

/** Whether every promise held. */
export const allKept = (sections: readonly Section[]): boolean =>
  sections.every((section) => section.rows.every((row) => row.kept !== false));

export function formatTable(sections: readonly Section[]): string {
  const width = Math.max(...sections.flatMap(({ rows }) => rows.map(({ label }) => label.length)));
  return sections
    .map(({ title, rows }) =>
      [
        styleText('bold', title),
        ...rows.map((row) => `  ${row.label.padEnd(width)}  ${row.value.padStart(9)} ${mark(row)}`),
      ]
        .map((line) => line.trimEnd())
        .join('\n'),
    )
    .join('\n\n');
}

function mark({ kept }: Row): string {
  if (kept === null) return '';
  return kept ? styleText('green', '✓') : styleText('red', '✗ broken promise');
}

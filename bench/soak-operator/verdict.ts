import type { Row, Section } from '#cli/demo/table.ts';
import type { Asked } from './changes.ts';
import type { Faults } from './check.ts';

export interface Results {
  /** Names of what was done to the processes, as it came. */
  readonly faults: readonly string[];
  /** What was wrong when it was compared for the last time. */
  readonly last: Faults;
  readonly seconds: number;
  readonly settledSeconds: number;
}

/** The closing table. Pure. */
export function summarise(
  { counts, wanted }: Asked,
  { faults, last, seconds, settledSeconds }: Results,
): readonly Section[] {
  return [
    {
      title: 'What was done',
      rows: [
        fact('seconds', seconds.toFixed(0)),
        fact('specs written', counts.written),
        fact('resources deleted', counts.deleted),
        fact('objects changed or deleted by somebody else', counts.vandalised),
        fact('Secrets deleted', counts.secretsTaken),
        fact('changes not taken, as of what is being deleted', counts.failed),
        ...Array.from(
          Map.groupBy(faults, (name) => name),
          ([name, times]) => fact(name, times.length),
        ),
      ],
    },
    {
      title: 'What came of it',
      rows: [
        fact('resources at the end', wanted.size),
        fact('seconds until all was compared and right', settledSeconds.toFixed(1)),
        none('resources that are missing, left over or without their finalizer', last.resources),
        none('objects that are missing, different or too many', last.children),
        none('streams and consumers that are missing, different or left over', last.streams),
        none('statuses that are wrong or of another generation', last.statuses),
      ],
    },
  ];
}

const fact = (label: string, value: unknown): Row => ({ label, value: String(value), kept: null });
const none = (label: string, faults: readonly string[]): Row => ({
  label,
  value: String(faults.length),
  kept: faults.length === 0,
});

import { styleText } from 'node:util';
import type { Condition, Status } from '#operator/api/status.ts';

/** What `kubectl get icw` and `kubectl describe icw` would tell of a resource in a cluster. Pure. */
export function formatStatus(name: string, { conditions = [], totals, handlers = [] }: Status): string {
  const title = `What the operator reports of IntercomWebhook ${name}`;
  const pods = handlers.map((handler) => `${handler.name} ${handler.replicas ?? 0}`).join(', ');
  const widths = (['type', 'status', 'reason'] as const).map((field) =>
    Math.max(...conditions.map((condition) => condition[field].length)),
  );
  return [
    styleText('bold', title),
    ...readyFirst(conditions).map((condition) => `  ${lineOf(condition, widths)}`),
    `  waiting: ${totals?.lag ?? 'unknown'}; dead letters: ${totals?.deadLetters ?? 'unknown'}; ready pods: ${pods}`,
  ].join('\n');
}

const readyFirst = (conditions: readonly Condition[]): Condition[] =>
  conditions.toSorted((a, b) => Number(b.type === 'Ready') - Number(a.type === 'Ready'));

const lineOf = ({ type, status, reason, message }: Condition, widths: readonly number[]): string =>
  [...[type, status, reason].map((text, column) => text.padEnd(widths[column] ?? 0)), message].join('  ');

import { code, page, table } from './markdown.ts';

/** Conditions by type, as the operator has them. */
type ConditionTable = Readonly<Record<string, ConditionType>>;

interface ConditionType {
  readonly meaning: string;
  readonly isForReady: boolean;
  /** By status, then by reason: what it means and what to do. */
  readonly reasons: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const INTRO = `All conditions are positive: \`True\` is well. The message of a condition names object and field;
[operations.md](../operations.md) says what to look at. A condition that is not there was not found yet. When one changes its
status, and when the reason of one that is not \`True\` changes, an Event of the resource tells of it, under the same reason.

    kubectl wait --for=condition=Ready intercomwebhook/<name>
    kubectl describe intercomwebhook <name>`;

/** docs/reference/conditions.md: every condition, and every reason that it can have. */
export const conditionsPage = (conditions: ConditionTable): string =>
  page({
    title: 'Conditions and reasons',
    source: 'operator/api/condition-types.ts and operator/observations/condition-types.ts',
    parts: [INTRO, readyText(conditions), ...Object.entries(conditions).map(conditionText)],
  });

function readyText(conditions: ConditionTable): string {
  const needed = Object.entries(conditions).filter(([, { isForReady }]) => isForReady);
  return `${code('Ready')} needs ${needed.map(([type]) => code(type)).join(', ')} to be \`True\`, and no other.`;
}

function conditionText([type, { meaning, isForReady, reasons }]: [string, ConditionType]): string {
  const rows = Object.entries(reasons).flatMap(([status, texts]) =>
    Object.entries(texts).map(([reason, text]) => [code(status), code(reason), text]),
  );
  return [
    `## ${type}`,
    `${meaning}${isForReady ? ' `Ready` needs it.' : ''}`,
    table(['status', 'reason', 'what it means, and what to do'], rows),
  ].join('\n\n');
}

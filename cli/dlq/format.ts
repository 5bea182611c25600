import type { DeadLetterCounts } from '#operator/dead-letters/count.ts';
import type { DeadLetterEntry } from '#operator/dead-letters/entry.ts';

/** Dead letters as text for people. Pure; `nowMs` is what ages are counted from. */

interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

const LIST: readonly ((nowMs: number) => Column<DeadLetterEntry>)[] = [
  () => ({ title: 'SEQUENCE', cell: ({ sequence }) => String(sequence) }),
  () => ({ title: 'HANDLER', cell: ({ handler }) => handler }),
  () => ({ title: 'REASON', cell: ({ reason }) => reason }),
  () => ({ title: 'TOPIC', cell: ({ topic }) => topic }),
  () => ({ title: 'ATTEMPTS', cell: ({ attempts }) => String(attempts) }),
  (nowMs) => ({ title: 'AGE', cell: ({ storedAt }) => ageOf(storedAt, nowMs) }),
];

const WIDE: typeof LIST = [
  ...LIST,
  (nowMs) => ({ title: 'EXPIRES IN', cell: ({ expiresAt }) => untilText(expiresAt, nowMs) }),
  () => ({ title: 'KEY', cell: ({ key }) => key }),
  () => ({ title: 'ID', cell: ({ id }) => id }),
  () => ({ title: 'BYTES', cell: ({ bodyBytes }) => String(bodyBytes) }),
  () => ({ title: 'DETAIL', cell: ({ detail }) => detail }),
];

export const listTable = (items: readonly DeadLetterEntry[], isWide: boolean, nowMs: number): string =>
  table(
    (isWide ? WIDE : LIST).map((column) => column(nowMs)),
    items,
  );

export const countTable = ({ groups }: DeadLetterCounts, nowMs: number): string =>
  table(
    [
      { title: 'HANDLER', cell: ({ handler }) => handler },
      { title: 'REASON', cell: ({ reason }) => reason },
      { title: 'COUNT', cell: ({ count }) => String(count) },
      { title: 'OLDEST', cell: ({ oldestAt }) => ageOf(oldestAt, nowMs) },
      { title: 'NEWEST', cell: ({ newestAt }) => ageOf(newestAt, nowMs) },
    ],
    groups,
  );

/** One letter, a field a line. */
export function description(entry: DeadLetterEntry, nowMs: number): string {
  const ago = (at: string | null): string => (at === null ? '' : `${at} (${ageOf(at, nowMs)} ago)`);
  const lines: [string, string][] = [
    ['Sequence', String(entry.sequence)],
    ['Handler', entry.handler],
    ['Topic', entry.topic],
    ['Reason', entry.reason],
    ['Detail', entry.detail],
    ['Last answer', entry.answer ?? ''],
    ['Attempts', String(entry.attempts)],
    ['First call', ago(entry.firstAt)],
    ['Last call', ago(entry.lastAt)],
    ['Dead since', ago(entry.storedAt)],
    ['Expires', entry.expiresAt === null ? '' : `${entry.expiresAt} (in ${untilText(entry.expiresAt, nowMs)})`],
    ['Redriven before', entry.wasRedriven ? 'yes' : 'no'],
    ['Can be redriven', entry.refusal === null ? 'yes' : `no: ${entry.refusal}`],
    ['Notification', entry.id],
    ['Workspace', entry.appId],
    ['About', entry.key],
    ['Contacts', entry.contacts.join(', ')],
    ['Conversations', entry.conversations.join(', ')],
    ['Created', ago(entry.createdAt)],
    ['Received', ago(entry.receivedAt)],
    ['Body', `${entry.bodyBytes} bytes; --body prints them`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 3;
  return lines.map(([name, value]) => `${`${name}:`.padEnd(width)}${printable(value)}`.trimEnd()).join('\n');
}

function table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ title }) => title),
    ...rows.map((row) => columns.map(({ cell }) => printable(cell(row)))),
  ];
  const widths = columns.map((_, i) => Math.max(...lines.map((cells) => cells[i]?.length ?? 0)));
  return lines
    .map((cells) =>
      cells
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

/** What a handler or Intercom wrote must not steer a terminal. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}');

const ageOf = (at: string, nowMs: number): string => duration(nowMs - Date.parse(at));
const untilText = (at: string | null, nowMs: number): string => (at === null ? '' : duration(Date.parse(at) - nowMs));

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** Two or more of the largest unit that fits twice, as kubectl has it: `90m`, `3d`. */
export function duration(ms: number): string {
  const [name, unitMs] = UNITS.find(([, unitMs]) => ms >= 2 * unitMs) ?? ['s', 1_000];
  return `${Math.max(0, Math.floor(ms / unitMs))}${name}`;
}

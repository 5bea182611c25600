import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDurationMs } from '#operator/api/duration.ts';

/** Options that several of the commands have, and how they are read. */

export interface FilterOptions {
  readonly handler?: string;
  readonly reason?: string;
  readonly topic?: string;
  readonly id?: readonly string[];
  /** RFC 3339 */
  readonly since?: string;
  readonly until?: string;
}

export type Format = 'table' | 'wide' | 'json' | 'yaml';

const FILTERS = 'Which of them:';

/** @param nowMs what `2h` is counted back from */
export function withFilters(command: Command, nowMs: () => number): Command {
  return command
    .optionsGroup(FILTERS)
    .option('--handler <name>', 'that this handler did not take; _ingress: that could not be read at all')
    .option('--reason <reason>', 'with this reason: Refused, AttemptsExhausted, AgeExceeded …')
    .option('--topic <topic>', 'of this topic')
    .addOption(new Option('--id <id>', "of this notification, by Intercom's id; may be given again").argParser(collect))
    .option('--since <time>', 'dead since then: 2h, 30m, or 2026-03-01T09:30:00Z', timeBefore(nowMs))
    .option('--until <time>', 'dead before then, in the same words', timeBefore(nowMs));
}

export const withNamespace = (command: Command): Command =>
  command.optionsGroup('Options:').option('-n, --namespace <name>', 'namespace of the IntercomWebhook', 'default');

export const withOutput = (command: Command, formats: readonly Format[]): Command =>
  command.addOption(new Option('-o, --output <format>', 'how to print').choices(formats).default(formats[0]));

/** As the API names them. */
export const filterOf = ({ handler, reason, topic, id, since, until }: FilterOptions): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries({ handler, reason, topic, ids: id, since, until }).filter(([, value]) => value !== undefined),
  );

export function queryOf(filter: Readonly<Record<string, unknown>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) {
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
  }
  return query;
}

export const whole =
  (from: number, to: number) =>
  (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= from && value <= to)) throw new InvalidArgumentError(`must be a whole number, ${from} to ${to}`);
    return value;
  };

/** Several arguments, each the sequence of a letter. */
export const collectSequences = (text: string, before: readonly number[] | undefined): readonly number[] => [
  ...(before ?? []),
  whole(1, Number.MAX_SAFE_INTEGER)(text),
];

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

const timeBefore =
  (nowMs: () => number) =>
  (text: string): string => {
    try {
      return new Date(nowMs() - parseDurationMs(text)).toISOString();
    } catch {
      const atMs = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
      if (Number.isNaN(atMs))
        throw new InvalidArgumentError('must be a duration, 2h or 30m, or a time, 2026-03-01T09:30:00Z');
      return new Date(atMs).toISOString();
    }
  };

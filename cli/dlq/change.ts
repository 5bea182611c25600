import type { Report } from '#operator/dead-letters/run.ts';
import type { DeadLetterClient, Ended } from './client.ts';
import { type FilterOptions, filterOf, queryOf } from './options.ts';
import { confirm, endProgress, print, type Terminal, tell, tellProgress } from './terminal.ts';

export interface ChangeOptions extends FilterOptions {
  readonly sequences: readonly number[];
  readonly all?: boolean;
  readonly json: boolean;
}

export interface ChangeDeps {
  readonly client: DeadLetterClient;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** `crm/support` */
  readonly webhook: string;
}

/** @throws Error where it ended early, or some letters are still there that were to go */
export async function redrive(options: ChangeOptions & { readonly rate: number }, deps: ChangeDeps): Promise<void> {
  const which = selectionOf(options);
  const total = await countOf(options, deps);
  if (total === 0) return tell(deps.terminal, `no such dead letters of ${deps.webhook}`);
  await change('redrive', { ...which, ratePerSecond: options.rate }, { ...deps, total, json: options.json });
}

/** Asks before it drops what nobody has named one by one. @throws as {@link redrive} */
export async function drop(
  options: ChangeOptions & { readonly why: string; readonly yes?: boolean },
  deps: ChangeDeps,
): Promise<void> {
  const which = selectionOf(options);
  const total = await countOf(options, deps);
  if (total === 0) return tell(deps.terminal, `no such dead letters of ${deps.webhook}`);
  const question = `Drop ${total} dead letters of ${deps.webhook} for good?`;
  const isSure =
    options.yes === true || options.sequences.length > 0 || (await confirm(deps.terminal, question, deps.signal));
  if (!isSure) return tell(deps.terminal, 'nothing was dropped');
  await change('drop', { ...which, why: options.why }, { ...deps, total, json: options.json });
}

/** @throws Error where nothing is named, or too much */
function selectionOf(options: ChangeOptions): object {
  const filter = filterOf(options);
  const said = [options.sequences.length > 0, Object.keys(filter).length > 0, options.all === true];
  if (said.filter(Boolean).length !== 1) {
    throw new Error(
      'say which: sequences, as list shows them, or a filter such as --reason, or --all; one of them only',
    );
  }
  if (options.all === true) return { all: true };
  return options.sequences.length > 0 ? { sequences: options.sequences } : { filter };
}

async function countOf(options: ChangeOptions, { client }: ChangeDeps): Promise<number> {
  if (options.sequences.length > 0) return options.sequences.length;
  return (await client.count(queryOf(filterOf(options)))).total;
}

const DID = { redrive: 'redriven', drop: 'dropped' } as const;

async function change(
  verb: keyof typeof DID,
  what: object,
  { client, terminal, total, json }: ChangeDeps & { readonly total: number; readonly json: boolean },
): Promise<void> {
  let isTold = false;
  const onReport = (report: Report): void => {
    if (report.kind !== 'progress') return;
    tellProgress(terminal, `${summary(verb, report)}; ${total} in all`);
    isTold = true;
  };
  const ended = await client.change(verb, what, onReport).finally(() => {
    if (isTold) endProgress(terminal);
  });
  for (const { sequence, kind, why } of ended.problems) tell(terminal, `${sequence} ${kind}: ${why}`);
  print(terminal, json ? JSON.stringify(ended, null, 2) : summary(verb, ended));
  if (ended.how !== 'complete') throw new Error(`it ended before its end: ${ended.why || 'it was told to stop'}`);
  const left = ended.refused + ended.failed;
  if (left > 0) throw new Error(`${left} could not be ${DID[verb]}, and are still there`);
}

const summary = (
  verb: keyof typeof DID,
  { done, refused, gone, failed }: Pick<Ended, 'done' | 'refused' | 'gone' | 'failed'>,
) =>
  [
    `${done} ${DID[verb]}`,
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(gone > 0 ? [`${gone} gone before`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ].join(', ');

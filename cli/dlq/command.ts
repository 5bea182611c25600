import { Command } from 'commander';
import { DEFAULT_RATE_PER_SECOND, MAX_RATE_PER_SECOND } from '#operator/dead-letters/requests.ts';
import { type ChangeOptions, drop, redrive } from './change.ts';
import { DeadLetterClient } from './client.ts';
import { collectSequences, whole, withFilters, withNamespace, withOutput } from './options.ts';
import { count, type ListOptions, list, show } from './read.ts';
import { findSession } from './session.ts';
import type { Terminal } from './terminal.ts';

export interface DlqDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: Terminal;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
}

interface Namespaced {
  readonly namespace: string;
}

const MAX_LISTED = 100_000;

/** `kubectl-intercom dlq …`. Every action throws an Error that says what to do, and exits with 1 by it. */
export function dlqCommand(deps: DlqDeps): Command {
  const { env, signal, nowMs } = deps;
  const withClient = (name: string, { namespace }: Namespaced) => {
    const webhook = `${namespace}/${name}`;
    const { url, token } = findSession(env, webhook);
    return { ...deps, webhook, client: new DeadLetterClient({ url, token, namespace, name, signal }) };
  };
  const dlq = new Command('dlq')
    .description('dead letters: what no handler took; look at them, redrive them, drop them')
    .addHelpText('after', EXAMPLES);
  /** A subcommand about one webhook. */
  const about = (name: string, description: string): Command =>
    dlq
      .command(name)
      .description(description)
      .argument('<webhook>', 'name of the IntercomWebhook')
      .showHelpAfterError();

  withOutput(withNamespace(withFilters(about('list', 'list them, newest first'), nowMs)), [
    'table',
    'wide',
    'json',
    'yaml',
  ])
    .option('--limit <number>', 'so many at most', whole(1, MAX_LISTED), 50)
    .option('--oldest-first', 'the other way round')
    .action((webhook: string, options: ListOptions & Namespaced) => list(options, withClient(webhook, options)));

  withOutput(withNamespace(withFilters(about('count', 'count them by handler and reason'), nowMs)), [
    'table',
    'json',
    'yaml',
  ]).action((webhook: string, options: Parameters<typeof count>[0] & Namespaced) =>
    count(options, withClient(webhook, options)),
  );

  const one = about('show', 'show all there is to know of one').argument('<sequence>', 'as list shows it', (text) =>
    whole(1, Number.MAX_SAFE_INTEGER)(text),
  );
  withOutput(withNamespace(one), ['table', 'json', 'yaml'])
    .option('--body', 'print the body alone, byte for byte: personal data')
    .action((webhook: string, sequence: number, options: Parameters<typeof show>[1] & Namespaced) =>
      show(sequence, options, withClient(webhook, options)),
    );

  const sequences = ['[sequences...]', 'as list shows them', collectSequences] as const;
  const again = about('redrive', 'give them to their handlers once more').argument(...sequences);
  withOutput(withNamespace(withFilters(again, nowMs).option('--all', 'all of them')), ['table', 'json'])
    .option('--rate <number>', 'so many a second at most', whole(1, MAX_RATE_PER_SECOND), DEFAULT_RATE_PER_SECOND)
    .addHelpText('after', AFTER_REDRIVE)
    .action((webhook: string, sequences: readonly number[], options: Changing & { rate: number }) =>
      redrive(changing(sequences, options), withClient(webhook, options)),
    );

  const away = about('drop', 'remove them for good').argument(...sequences);
  withOutput(withNamespace(withFilters(away, nowMs).option('--all', 'all of them')), ['table', 'json'])
    .requiredOption('--why <text>', 'the reason, for the log')
    .option('-y, --yes', 'do not ask')
    .action((webhook: string, sequences: readonly number[], options: Changing & { why: string; yes?: boolean }) =>
      drop(changing(sequences, options), withClient(webhook, options)),
    );

  return dlq;
}

type Changing = Omit<ChangeOptions, 'sequences' | 'json'> & Namespaced & { readonly output: string };

const changing = <T extends Changing>(sequences: readonly number[], options: T) => ({
  ...options,
  sequences,
  json: options.output === 'json',
});

const EXAMPLES = `
Examples:
  dlq count support -n crm                          how many, and why
  dlq list support -n crm --reason Refused -o wide  which
  dlq show support 1207 -n crm --body | jq .        what Intercom sent
  dlq redrive support 1207 1208 -n crm              these two again
  dlq redrive support -n crm --since 2h --rate 20   what died in the last two hours, 20 a second
  dlq drop support -n crm --all --why 'test data'   all of them, for good

They are those of a webhook that "npm run local" runs on this machine.
Exit status: 0 when all was done, 1 when something is left or went wrong.`;

const AFTER_REDRIVE = `
Only what is dead now is taken, in the order in which it died: what a handler refuses again becomes a dead letter again,
and waits for the next redrive. Ctrl-C ends it between two letters; asking again goes on with the rest.`;

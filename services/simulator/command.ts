import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { SendRequest, SubscriptionRequest } from './requests.ts';
import type { SimulatorOptions } from './simulator.ts';

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: 'serve'; readonly options: Omit<SimulatorOptions, 'logger'> }
  | {
      readonly kind: 'send-once';
      readonly options: Omit<SimulatorOptions, 'logger'>;
      readonly subscription: SubscriptionRequest;
      readonly send: SendRequest;
    };

const Flags = z.object({
  controlPort: z.number().optional(),
  host: z.string().optional(),
  patience: z.number(),
  retryAfter: z.number(),
  seed: z.number().optional(),
  maxInFlight: z.number(),
  maxNotifications: z.number(),
  url: z.string().optional(),
  secretFile: z.string().optional(),
  appId: z.string(),
  count: z.number(),
  rate: z.number(),
  conversations: z.number(),
  duplicates: z.number(),
  forgeries: z.number(),
  unknownTopics: z.number(),
  topic: z.array(z.string()).optional(),
});

/** The request's schema has the limits; here it is only a number. */
const amount = wholeNumber(0, 1_000_000_000);

const EXAMPLES = `
Examples:
  # serve the control API, here on port 4000; see docs/simulator.md for its requests
  $ intercom-simulator --control-port 4000

  # send 500 notifications to a staging endpoint, 20 in a second, and print what Intercom would have counted
  $ intercom-simulator --url https://hooks.staging.example.com/intercom --secret-file ./client-secret --count 500 --rate 20

Exit status when sending once: 0 when all was delivered and every forgery refused, 1 when not, 2 for wrong usage.`;

/**
 * The command line of the simulator. Parsing calls `onInvocation` with what was asked for.
 * @throws CommanderError for wrong usage (exit code 1) and after `--help` (0): commander's `exitOverride` is set
 */
export function buildCommand(onInvocation: (invocation: Invocation) => Promise<void>): Command {
  const command = new Command('intercom-simulator')
    .description(
      'Plays Intercom towards a webhook endpoint: signed notifications, one retry, the counting of errors.\n' +
        'Without --url it serves a control API; with --url it sends once, prints the report as JSON, and ends.',
    )
    .optionsGroup('Behaviour:')
    .addOption(
      new Option('--patience <duration>', 'how long an answer may take, e.g. 500ms')
        .argParser(durationMs)
        .default(5000, '5s'),
    )
    .addOption(
      new Option('--retry-after <duration>', 'when what failed is sent again, e.g. 2s')
        .argParser(durationMs)
        .default(60_000, '1m'),
    )
    .option(
      '--seed <number>',
      'same seed, same notifications (default: drawn, and reported)',
      wholeNumber(0, 0xffff_ffff),
    )
    .option('--max-in-flight <number>', 'requests in flight at once', wholeNumber(1, 10_000), 1024)
    .option(
      '--max-notifications <number>',
      'notifications sent and remembered in all',
      wholeNumber(1, 2_000_000),
      200_000,
    )
    .optionsGroup('Control API:')
    .addOption(
      new Option('--control-port <port>', 'port to listen on; 0 picks a free one (default: 0)')
        .argParser(wholeNumber(0, 65_535))
        .conflicts('url'),
    )
    .addOption(
      new Option(
        '--host <address>',
        'address to listen on; the API has no authentication (default: 127.0.0.1)',
      ).conflicts('url'),
    )
    .optionsGroup('Sending once:')
    .option('--url <url>', 'endpoint to save and to send to')
    .option('--secret-file <path>', "file that holds the app's client secret")
    .option('--app-id <id>', 'id code of the workspace', 'simulat0r')
    .option('--count <number>', 'notifications to send', amount, 100)
    .option('--rate <number>', 'notifications a second', decimal, 10)
    .option('--conversations <number>', 'conversations they are spread over', amount, 50)
    .option('--duplicates <number>', 'sent once more, on top of the count', amount, 0)
    .option('--forgeries <number>', 'with a wrong or no signature, on top of the count', amount, 0)
    .option('--unknown-topics <number>', 'of topics nobody knows, on top of the count', amount, 0)
    .option('--topic <name...>', 'topics to send (default: all ten)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  return command.action(async () => onInvocation(readInvocation(command)));
}

function readInvocation(command: Command): Invocation {
  const flags = Flags.parse(command.opts());
  const options = {
    host: flags.host,
    controlPort: flags.controlPort,
    patienceMs: flags.patience,
    retryAfterMs: flags.retryAfter,
    seed: flags.seed,
    maxInFlight: flags.maxInFlight,
    maxNotifications: flags.maxNotifications,
  };
  if (flags.url === undefined) return { kind: 'serve', options };
  if (flags.secretFile === undefined) command.error('error: --url needs --secret-file');
  const { url, appId } = flags;
  const subscription = SubscriptionRequest.safeParse({ url, appId, secret: readSecret(command, flags.secretFile) });
  const send = SendRequest.safeParse({
    count: flags.count,
    ratePerSecond: flags.rate,
    seed: flags.seed,
    conversations: flags.conversations,
    duplicates: flags.duplicates,
    forgeries: flags.forgeries,
    unknownTopics: flags.unknownTopics,
    ...(flags.topic === undefined ? {} : { topics: flags.topic }),
  });
  if (!subscription.success) command.error(sentence(subscription.error));
  if (!send.success) command.error(sentence(send.error));
  return { kind: 'send-once', options, subscription: subscription.data, send: send.data };
}

function sentence(error: z.ZodError): string {
  return `error: ${error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`;
}

/** Files written by editors end with a line break that belongs to no secret. */
function readSecret(command: Command, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    return command.error(
      `error: --secret-file can't be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const MAX_DURATION_MS = 86_400_000;

function durationMs(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,8})(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(amount) * (unitsMs[unit] ?? Number.NaN);
  if (!(ms >= 1 && ms <= MAX_DURATION_MS)) throw new InvalidArgumentError('Write 500ms, 5s or 1m, at most 24h.');
  return ms;
}

function decimal(text: string): number {
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('Give a number like 20 or 0.5.');
  return Number(text);
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`Give a whole number, ${min} to ${max}.`);
    return value;
  };
}

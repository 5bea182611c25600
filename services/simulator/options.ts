import { Command, Option } from 'commander';
import { decimal, durationMs, share, wholeNumber } from './arguments.ts';
import { apiVersions } from './bodies/api-version.ts';
import { MAX_PER_RUN } from './requests.ts';

/** Options under headings that begin so mean nothing to a server. */
export const ONCE = 'Sending once';

/** Options under this heading mean nothing without --rest-port. */
export const REST = 'REST API:';

const amount = wholeNumber(0, MAX_PER_RUN);

const duration = (flags: string, description: string) => new Option(flags, description).argParser(durationMs);

const EXAMPLES = `
Examples:
  # send 500 notifications to a staging endpoint, 20 in a second, and print what Intercom would have counted
  $ npm run -s simulator -- --url https://hooks.staging.example.com/intercom --secret-file ./client-secret --count 500 --rate 20

  # everything that can go wrong on the way, one result a line
  $ npm run -s simulator -- --url http://127.0.0.1:8080/intercom --secret-file ./client-secret --duplicates 10 --replays 5 \\
      --forgeries 20 --unknown-topics 5 --out-of-order 10 --slow-bodies 3 --aborted 3 --results ./results.ndjson

  # serve the control API on port 4000, with a minute of Intercom in a second
  $ npm run -s simulator -- --control-port 4000 --speed 60

Exit status:
  0  all was delivered, at the latest by the retry, and no forgery was believed; or the server was ended by a signal
  1  something was lost, dropped or wrongly believed, the URL or the ping was refused, the results could not be written,
     sending was interrupted, or the server could not listen
  2  wrong usage

The control API, the report and the results are described in docs/simulator.md.`;

/** The command with its options and help, and no action yet. */
export function describeCommand(): Command {
  return new Command('intercom-simulator')
    .description(
      'Plays Intercom towards a webhook endpoint: signed notifications, one retry, and its penalties for errors.\n' +
        'Without --url it serves a control API; with --url it sends once, prints the report as JSON, and ends.',
    )
    .usage('[options]\n       intercom-simulator --url <url> --secret-file <path> [options]')
    .optionsGroup("Intercom's behaviour:")
    .addOption(duration('--patience <duration>', 'how long an answer may take').default(5000, '5s'))
    .addOption(
      new Option('--speed <factor>', "how much faster Intercom's clock goes, but not its patience; 60: 1m in 1s")
        .argParser(decimal)
        .default(1),
    )
    .addOption(duration('--retry-after <duration>', 'when what failed is sent again (default: 1m)'))
    .addOption(duration('--pause-for <duration>', 'pause after more than 1000 errors in a row (default: 15m)'))
    .addOption(duration('--suspend-after <duration>', 'errors for longer suspend a private app (default: 7d)'))
    .option('--public-app', 'the app is public: it is never suspended')
    .optionsGroup('Bounds:')
    .option('--max-in-flight <number>', 'requests in flight at once', wholeNumber(1, 10_000), 1024)
    .option('--max-notifications <number>', 'sent and remembered in all', wholeNumber(1, 2_000_000), 200_000)
    .option(
      '--seed <number>',
      'same seed, same notifications (default: drawn, and reported)',
      wholeNumber(0, 0xffff_ffff),
    )
    .optionsGroup('Control API:')
    .addOption(
      new Option('--control-port <port>', 'port to listen on; 0 picks a free one (default: 0)')
        .argParser(wholeNumber(0, 65_535))
        .conflicts('url'),
    )
    .addOption(
      new Option('--host <address>', 'to listen on; the API has no authentication (default: 127.0.0.1)').conflicts(
        'url',
      ),
    )
    .optionsGroup(REST)
    .addOption(
      new Option('--rest-port <port>', 'port to listen on; 0 picks a free one (default: not served)')
        .argParser(wholeNumber(0, 65_535))
        .conflicts('url'),
    )
    .option('--access-token-file <path>', "file that holds the app's access token (default: it comes with the URL)")
    .option('--calls-per-minute <number>', 'granted to an app', wholeNumber(1, 1_000_000), 10_000)
    .option('--reply-faults <share>', 'of replies answered with an error or not at all, made or not', share, 0)
    .optionsGroup(`${ONCE}, where to:`)
    .option('--url <url>', 'endpoint to save and to send to')
    .option('--secret-file <path>', "file that holds the app's client secret")
    .option('--app-id <id>', 'id code of the workspace', 'simulat0r')
    .addOption(
      new Option('--api-version <version>', 'API version the app is set to').choices(apiVersions).default('2.14'),
    )
    .option('--results <path>', 'file to write one JSON line a notification to')
    .optionsGroup(`${ONCE}, what:`)
    .option('--count <number>', 'notifications to send', amount, 100)
    .option('--rate <number>', 'notifications a second', decimal, 10)
    .option('--conversations <number>', 'conversations they are spread over', amount, 50)
    .option('--topic <name...>', 'topics to send, or "all" (default: the usual ten)')
    .option('--audience <number>', 'people a mass message goes to: 5 more each, at 5 times the rate', amount, 0)
    .option('--unknown-topics <number>', 'more, of topics nobody knows', amount, 0)
    .optionsGroup(`${ONCE}, trouble:`)
    .option('--duplicates <number>', 'sent once more soon after, on top of the count', amount, 0)
    .option('--replays <number>', 'old ones sent once more by a stranger, on top of the count', amount, 0)
    .option('--forgeries <number>', 'with a wrong or no signature, on top of the count', amount, 0)
    .option('--out-of-order <number>', 'of the count, leave after the next of their conversation', amount, 0)
    .option('--slow-bodies <number>', 'of the count, dribble over three fifths of the patience', amount, 0)
    .option('--aborted <number>', 'of the count, broken off in mid-body and sent again', amount, 0)
    .addOption(duration('--outage <duration>', 'Intercom is down for so long from the middle on, then newest first'))
    .addHelpText('after', EXAMPLES);
}

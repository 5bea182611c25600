import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { describeCommand, ONCE, REST } from './options.ts';
import { plannedTotal } from './plan.ts';
import { PolicyRequest, SendRequest, SubscriptionRequest } from './requests.ts';
import type { RestOptions } from './rest/rest.ts';
import type { SimulatorOptions } from './simulator.ts';
import { missingTopic } from './topics.ts';

/** What the command line asks for. */
export type Invocation =
  | { readonly kind: 'serve'; readonly options: Omit<SimulatorOptions, 'logger'> }
  | {
      readonly kind: 'send-once';
      readonly options: Omit<SimulatorOptions, 'logger'>;
      readonly subscription: SubscriptionRequest;
      readonly send: SendRequest;
      readonly resultsFile: string | null;
    };

/** What the options and the fields of a {@link SendRequest} call alike. */
const SendFlags = z.object({
  seed: z.number().optional(),
  count: z.number(),
  conversations: z.number(),
  audience: z.number(),
  unknownTopics: z.number(),
  duplicates: z.number(),
  replays: z.number(),
  forgeries: z.number(),
  outOfOrder: z.number(),
  slowBodies: z.number(),
  aborted: z.number(),
});

const Flags = SendFlags.extend({
  controlPort: z.number().optional(),
  host: z.string().optional(),
  patience: z.number(),
  speed: z.number(),
  retryAfter: z.number().optional(),
  pauseFor: z.number().optional(),
  suspendAfter: z.number().optional(),
  publicApp: z.boolean().default(false),
  maxInFlight: z.number(),
  maxNotifications: z.number(),
  url: z.string().optional(),
  secretFile: z.string().optional(),
  appId: z.string(),
  apiVersion: z.string(),
  results: z.string().optional(),
  rate: z.number(),
  topic: z.array(z.string()).optional(),
  outage: z.number().optional(),
  restPort: z.number().optional(),
  accessTokenFile: z.string().optional(),
  callsPerMinute: z.number(),
  replyFaults: z.number(),
});

type Flags = z.output<typeof Flags>;

/** Fields of requests whose options are not called as they are. */
const optionOf: Readonly<Record<string, string>> = {
  ratePerSecond: '--rate',
  topics: '--topic',
  secret: '--secret-file',
  outageMs: '--outage',
};

/**
 * The command line of the simulator. Parsing calls `onInvocation` with what was asked for.
 * @throws CommanderError for wrong usage (exit code 1) and after `--help` (0): commander's `exitOverride` is set
 */
export function buildCommand(onInvocation: (invocation: Invocation) => Promise<void>): Command {
  const command = describeCommand().showHelpAfterError('Run intercom-simulator --help for all options.').exitOverride();
  return command.action(async () => onInvocation(readInvocation(command)));
}

function readInvocation(command: Command): Invocation {
  const flags = Flags.parse(command.opts());
  const policy = checked(command, PolicyRequest, {
    speed: flags.speed,
    retryAfterMs: flags.retryAfter,
    pauseMs: flags.pauseFor,
    suspendAfterMs: flags.suspendAfter,
    app: flags.publicApp ? 'public' : 'private',
  });
  const options = {
    host: flags.host,
    controlPort: flags.controlPort,
    patienceMs: flags.patience,
    policy,
    seed: flags.seed,
    maxInFlight: flags.maxInFlight,
    maxNotifications: flags.maxNotifications,
  };
  const { url, secretFile, appId, apiVersion } = flags;
  if (flags.restPort === undefined)
    refuseOptions(command, REST, 'is for the REST API: say where with --rest-port as well');
  if (url === undefined) {
    refuseOptions(command, ONCE, 'is for sending once: say where to with --url as well');
    return { kind: 'serve', options: { ...options, rest: restOptions(command, flags) } };
  }
  if (secretFile === undefined) {
    return command.error("error: --url needs --secret-file, a file that holds the app's client secret");
  }
  const secret = readSecret(command, '--secret-file', secretFile);
  const subscription = checked(command, SubscriptionRequest, { url, appId, secret, apiVersion });
  const send = checked(command, SendRequest, sendRequest(flags));
  const missing = missingTopic(send.topics, subscription.apiVersion);
  if (missing !== null) {
    command.error(`error: --topic: version ${apiVersion} has no ${missing}; set --api-version to a later one`);
  }
  if (plannedTotal(send) > flags.maxNotifications) {
    command.error(`error: --max-notifications: ${plannedTotal(send)} are to be sent; raise it, or send fewer`);
  }
  return {
    kind: 'send-once',
    options,
    subscription,
    send,
    resultsFile: flags.results === undefined ? null : writable(command, flags.results),
  };
}

function sendRequest(flags: Flags): unknown {
  const { rate, outage, topic } = flags;
  return {
    ...SendFlags.parse(flags),
    ratePerSecond: rate,
    outageMs: outage,
    topics: topic?.length === 1 && topic[0] === 'all' ? 'all' : topic,
  };
}

function restOptions(command: Command, flags: Flags): RestOptions | undefined {
  const { restPort: port, accessTokenFile: path, callsPerMinute, replyFaults, seed } = flags;
  if (port === undefined) return undefined;
  const accessToken = path === undefined ? undefined : readSecret(command, '--access-token-file', path);
  return { port, accessToken, callsPerMinute, replyFaults, seed };
}

/** Else somebody who forgot the URL would get a server that ignores the rest. */
function refuseOptions(command: Command, heading: string, advice: string): void {
  for (const option of command.options) {
    const isGiven = command.getOptionValueSource(option.attributeName()) === 'cli';
    if (isGiven && option.helpGroupHeading?.startsWith(heading) === true) {
      command.error(`error: ${option.long} ${advice}`);
    }
  }
}

function checked<Schema extends z.ZodType>(command: Command, schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const sentences = result.error.issues.map(({ path, message }) => `${optionFor(String(path[0]))}: ${message}`);
  return command.error(`error: ${sentences.join('; ')}`);
}

const optionFor = (field: string): string =>
  optionOf[field] ?? `--${field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Files written by editors end with a line break that belongs to no secret. */
function readSecret(command: Command, option: string, path: string): string {
  let secret: string;
  try {
    secret = readFileSync(path, 'utf8').trim();
  } catch (error) {
    return command.error(`error: ${option} can't be read: ${messageOf(error)}`);
  }
  return secret === '' ? command.error(`error: ${option}: ${path} is empty`) : secret;
}

/** Before anything is sent: an hour's results are not to be lost for want of a folder. What the file holds stays for now. */
function writable(command: Command, path: string): string {
  try {
    closeSync(openSync(path, 'a'));
    return path;
  } catch (error) {
    return command.error(`error: --results can't be written: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

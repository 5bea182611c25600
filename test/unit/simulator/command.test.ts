import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, type Invocation } from '#services/simulator/command.ts';
import { policyOf } from '#services/simulator/penalties/policy.ts';

let folder = '';
let secretFile = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-command-'));
  secretFile = join(folder, 'client-secret');
  writeFileSync(secretFile, 'the-secret\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function invoke(...args: string[]): Promise<Invocation> {
  let got: Invocation | null = null;
  const command = buildCommand(async (invocation) => {
    got = invocation;
  }).configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  await command.parseAsync(args, { from: 'user' });
  if (got === null) throw new Error('nothing was invoked');
  return got;
}

describe('the command line', () => {
  it("serves with Intercom's own times when nothing is said", async () => {
    const { kind, options } = await invoke();
    expect([kind, options.patienceMs]).toEqual(['serve', 5000]);
    expect(policyOf(options.policy ?? {})).toEqual(policyOf({}));
  });

  it('reads durations with their unit', async () => {
    const args = ['--patience', '250ms', '--retry-after', '2m', '--pause-for', '3h', '--suspend-after', '1d'];
    const { options } = await invoke(...args);
    expect(options).toMatchObject({
      patienceMs: 250,
      policy: { retryAfterMs: 120_000, pauseMs: 10_800_000, suspendAfterMs: 86_400_000 },
    });
  });

  it("makes Intercom's clock faster, and its patience not", async () => {
    const { options } = await invoke('--speed', '60', '--public-app');
    expect(options).toMatchObject({ patienceMs: 5000, policy: { speed: 60, app: 'public' } });
    expect(policyOf(options.policy ?? {})).toMatchObject({ retryAfterMs: 1000, pauseMs: 15_000 });
  });

  it('sends once when a URL is given, with the secret from the file and without its line break', async () => {
    const url = 'https://hooks.example.com/intercom';
    const args = [
      '--url',
      url,
      '--secret-file',
      secretFile,
      '--count',
      '5',
      '--rate',
      '0.5',
      '--topic',
      'ticket.created',
    ];
    expect(await invoke(...args)).toMatchObject({
      kind: 'send-once',
      subscription: { url, secret: 'the-secret' },
      send: { count: 5, ratePerSecond: 0.5, topics: ['ticket.created'] },
      resultsFile: null,
    });
  });

  it('passes on what is to go wrong, for which version, and where the results go', async () => {
    const results = join(folder, 'results.ndjson');
    const where = ['--url', 'http://127.0.0.1:1/', '--secret-file', secretFile, '--api-version', '2.15'];
    const trouble = ['--replays', '1', '--out-of-order', '2', '--slow-bodies', '3', '--aborted', '4', '--outage', '5s'];
    const invocation = await invoke(...where, ...trouble, '--audience', '6', '--topic', 'all', '--results', results);
    expect(invocation).toMatchObject({
      subscription: { apiVersion: '2.15' },
      send: { replays: 1, outOfOrder: 2, slowBodies: 3, aborted: 4, outageMs: 5000, audience: 6, topics: 'all' },
      resultsFile: results,
    });
  });

  it('leaves earlier results as they are until there are new ones', async () => {
    const results = join(folder, 'earlier.ndjson');
    writeFileSync(results, '{}\n');
    await invoke('--url', 'http://127.0.0.1:1/', '--secret-file', secretFile, '--results', results);
    expect(readFileSync(results, 'utf8')).toBe('{}\n');
  });

  it.each([
    { what: 'a duration without unit', args: ['--patience', '5'] },
    { what: 'a duration of nothing', args: ['--retry-after', '0s'] },
    { what: 'a port that is none', args: ['--control-port', '65536'] },
    { what: 'a URL without a secret', args: ['--url', 'http://127.0.0.1:1/'] },
    { what: 'a secret file that is not there', args: ['--url', 'http://127.0.0.1:1/', '--secret-file', '/nowhere'] },
    { what: 'both modes at once', args: ['--url', 'http://127.0.0.1:1/', '--control-port', '1'] },
    { what: 'an option nobody knows', args: ['--retries', '3'] },
    { what: 'a clock that goes backwards', args: ['--speed', '-1'] },
  ])('refuses $what', async ({ args }) => {
    await expect(invoke(...args)).rejects.toThrow(CommanderError);
  });

  it.each([
    { args: ['--count', '5'], says: '--count is for sending once: say where to with --url as well' },
    { args: ['--speed', '0.5'], says: '--speed: ' },
    {
      args: ['--url', 'http://127.0.0.1:1/'],
      says: "--url needs --secret-file, a file that holds the app's client secret",
    },
    { args: ['--url', 'nowhere', '--secret-file'], says: '--url: give an http or https URL' },
    { args: ['--url', 'http://x.test/', '--rate', '0', '--secret-file'], says: '--rate: ' },
    {
      args: ['--url', 'http://x.test/', '--out-of-order', '101', '--secret-file'],
      says: '--out-of-order: no more than count',
    },
    {
      args: ['--url', 'http://x.test/', '--topic', 'user.created', '--secret-file'],
      says: '--topic: Intercom has no topic "user.created"; services/simulator/catalogue/topic-names.ts lists them',
    },
    {
      args: ['--url', 'http://x.test/', '--topic', 'ticket.created,ticket.closed', '--secret-file'],
      says: '--topic: "ticket.created,ticket.closed" is more than one name: give each by itself',
    },
    {
      args: ['--url', 'http://me:word@x.test/', '--secret-file'],
      says: '--url: leave out user and password',
    },
    {
      args: ['--url', 'http://x.test/', '--results', '/nowhere/at/all', '--secret-file'],
      says: "--results can't be written: ENOENT",
    },
    {
      args: ['--url', 'http://x.test/', '--topic', 'ticket.resolved', '--secret-file'],
      says: '--topic: version 2.14 has no ticket.resolved; set --api-version to a later one',
    },
    {
      args: ['--url', 'http://x.test/', '--max-notifications', '99', '--secret-file'],
      says: '--max-notifications: 100 are to be sent; raise it, or send fewer',
    },
  ])('names the option and what to do: $says', async ({ args, says }) => {
    await expect(invoke(...(args.at(-1) === '--secret-file' ? [...args, secretFile] : args))).rejects.toThrow(says);
  });

  it.each([
    { what: 'a URL of another protocol', args: ['--url', 'ftp://example.com/'] },
    { what: 'a topic outside the catalogue', args: ['--url', 'http://127.0.0.1:1/', '--topic', 'user.created'] },
    { what: 'a rate of nothing', args: ['--url', 'http://127.0.0.1:1/', '--rate', '0'] },
    { what: 'a rate that is no number', args: ['--url', 'http://127.0.0.1:1/', '--rate', 'fast'] },
    { what: 'more than one run may send', args: ['--url', 'http://127.0.0.1:1/', '--count', '500001'] },
  ])('refuses $what', async ({ args }) => {
    await expect(invoke(...args, '--secret-file', secretFile)).rejects.toThrow(CommanderError);
  });
});

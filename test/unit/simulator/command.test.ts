import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, type Invocation } from '#services/simulator/command.ts';
import { noPenalties } from '#services/simulator/penalties.ts';
import { isFlawless } from '#services/simulator/send-once.ts';

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
    expect(await invoke()).toMatchObject({ kind: 'serve', options: { patienceMs: 5000, retryAfterMs: 60_000 } });
  });

  it('reads durations with their unit', async () => {
    const { options } = await invoke('--patience', '250ms', '--retry-after', '2m');
    expect(options).toMatchObject({ patienceMs: 250, retryAfterMs: 120_000 });
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
    });
  });

  it.each([
    { what: 'a duration without unit', args: ['--patience', '5'] },
    { what: 'a duration of nothing', args: ['--retry-after', '0s'] },
    { what: 'a port that is none', args: ['--control-port', '65536'] },
    { what: 'a URL without a secret', args: ['--url', 'http://127.0.0.1:1/'] },
    { what: 'a secret file that is not there', args: ['--url', 'http://127.0.0.1:1/', '--secret-file', '/nowhere'] },
    { what: 'both modes at once', args: ['--url', 'http://127.0.0.1:1/', '--control-port', '1'] },
    { what: 'an option nobody knows', args: ['--retries', '3'] },
  ])('refuses $what', async ({ args }) => {
    await expect(invoke(...args)).rejects.toThrow(CommanderError);
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

describe('isFlawless', () => {
  it.each([
    { what: 'nothing went wrong', counted: {}, flawless: true },
    { what: 'a retry mended it', counted: { errors: 3, retried: 3 }, flawless: true },
    { what: 'forgeries were refused', counted: { rejectedForgeries: 3 }, flawless: true },
    { what: 'one was lost', counted: { lostAfterRetry: 1 }, flawless: false },
    { what: 'one was dropped', counted: { dropped: 1 }, flawless: false },
    { what: 'a forgery was believed', counted: { acceptedForgeries: 1 }, flawless: false },
    { what: 'the subscription ended', counted: { disabled: true }, flawless: false },
  ])('$flawless when $what', ({ counted, flawless }) => {
    expect(isFlawless({ intercom: { ...noPenalties, ...counted } })).toBe(flawless);
  });
});

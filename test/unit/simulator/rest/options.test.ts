import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCommand, type Invocation } from '#services/simulator/command.ts';

let folder = '';
let tokenFile = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-rest-'));
  tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'dG9rOmE=\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns what was asked for, or the sentence that says what is wrong */
async function parse(...args: readonly string[]): Promise<Invocation | string> {
  let asked: Invocation | undefined;
  let said = '';
  const command = buildCommand(async (invocation) => {
    asked = invocation;
  }).configureOutput({
    writeErr: (text) => {
      said += text;
    },
  });
  await command.parseAsync(args, { from: 'user' }).catch(() => undefined);
  return asked ?? said;
}

describe('the options of the REST API', () => {
  it('serve none where no port is named', async () => {
    expect(await parse()).toMatchObject({ kind: 'serve', options: { rest: undefined } });
  });

  it("are Intercom's own where only a port is named", async () => {
    expect(await parse('--rest-port', '0')).toMatchObject({
      kind: 'serve',
      options: { rest: { port: 0, accessToken: undefined, callsPerMinute: 10_000, replyFaults: 0 } },
    });
  });

  it('can all be given, and share the seed', async () => {
    const limits = ['--calls-per-minute', '60', '--reply-faults', '0.25', '--seed', '7'];
    expect(await parse('--rest-port', '4001', '--access-token-file', tokenFile, ...limits)).toMatchObject({
      options: { rest: { port: 4001, accessToken: 'dG9rOmE=', callsPerMinute: 60, replyFaults: 0.25, seed: 7 } },
    });
  });

  it.each([
    { args: ['--calls-per-minute', '60'], says: '--calls-per-minute is for the REST API' },
    { args: ['--reply-faults', '0.1'], says: '--reply-faults is for the REST API' },
    { args: ['--access-token-file', 'token'], says: '--access-token-file is for the REST API' },
    { args: ['--rest-port', '0', '--reply-faults', '1.1'], says: 'Give a share from 0 to 1' },
    { args: ['--rest-port', '0', '--access-token-file', '/nowhere/token'], says: "--access-token-file can't be read" },
    {
      args: ['--rest-port', '0', '--url', 'http://127.0.0.1/'],
      says: "'--rest-port <port>' cannot be used with option",
    },
  ])('are refused: $args', async ({ args, says }) => {
    expect(await parse(...args)).toContain(says);
  });
});

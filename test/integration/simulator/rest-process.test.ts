import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

const MAIN = join(import.meta.dirname, '../../../services/simulator/main.ts');
const TOKEN = 'dG9rOnByb2Nlc3M=';

const Listening = z.looseObject({ msg: z.literal('listening'), controlPort: z.int(), restPort: z.int() });

let folder = '';

beforeAll(() => {
  folder = temporaryFolder('simulator-rest');
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the REST API of the process', () => {
  it('listens where the log says, for whoever has the token of the file, and ends at SIGTERM', async () => {
    const args = [MAIN, '--rest-port', '0', '--access-token-file', join(folder, 'token')];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
    const { restPort, controlPort } = Listening.parse(JSON.parse(String((await lines.next()).value)));
    expect(restPort).not.toBe(controlPort);

    const me = await fetch(`http://127.0.0.1:${restPort}/me`, {
      headers: { authorization: `Bearer ${TOKEN}`, connection: 'close' },
    });
    expect(await me.json()).toMatchObject({ app: { id_code: 'simulat0r' } });

    child.kill('SIGTERM');
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
  });
});

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '#cli/local/free-port.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { type Answer, type Receiver, startReceiver } from './receiver.ts';

trackLeaks();

const MAIN = join(import.meta.dirname, '../../../services/simulator/main.ts');
const SECRET = 'process-test-secret';

const LogLine = z.looseObject({ msg: z.string(), controlPort: z.int().optional() });

let folder = '';
let secretFile = '';

beforeAll(() => {
  folder = temporaryFolder('simulator-process');
  secretFile = join(folder, 'client-secret');
  writeFileSync(secretFile, `${SECRET}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function endOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Ended> {
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { status: child.exitCode, stdout, stderr };
}

const simulate = (...args: string[]): Promise<Ended> => endOf(start(args));

async function sendTo(answer: (before: number) => Answer): Promise<{ ended: Ended; endpoint: Receiver }> {
  const endpoint = await startReceiver(({ method }, before) => (method === 'HEAD' ? 200 : answer(before)));
  const sending = ['--url', endpoint.url, '--secret-file', secretFile, '--count', '8', '--rate', '200', '--seed', '1'];
  const ended = await simulate(...sending, '--retry-after', '50ms');
  await endpoint.close();
  return { ended, endpoint };
}

describe('sending once', () => {
  it('prints the report and ends with 0 when a retry mends everything', async () => {
    const { ended, endpoint } = await sendTo((before) => (before === 3 ? 500 : 200));
    expect(ended.status).toBe(0);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      run: { state: 'finished', seed: 1, planned: 8, sent: 8 },
      sent: 8,
      intercom: { delivered: 8, errors: 1, retried: 1, lostAfterRetry: 0 },
    });
    expect(endpoint.posts()).toHaveLength(1 + 8 + 1);
    expect(ended.stdout + ended.stderr).not.toContain(SECRET);
  });

  it('ends with 1 when something was lost', async () => {
    const { ended } = await sendTo(() => 503);
    expect(ended.status).toBe(1);
    expect(JSON.parse(ended.stdout)).toMatchObject({ intercom: { delivered: 0, lostAfterRetry: 8 } });
  });

  it('ends with 1 when the URL cannot be saved, and says why', async () => {
    const ended = await simulate('--url', `http://127.0.0.1:${await freePort()}/`, '--secret-file', secretFile);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toContain('the URL was not saved: HEAD was answered ECONNREFUSED');
    expect(JSON.parse(ended.stdout)).toMatchObject({
      run: null,
      sent: 0,
      lastSave: { saved: false, head: { error: expect.any(String) } },
    });
  });

  it('writes one JSON line a notification, with its answer and latency', async () => {
    const results = join(folder, 'results.ndjson');
    const endpoint = await startReceiver(({ method, headers }) =>
      method === 'HEAD' || headers['x-hub-signature'] ? 200 : 401,
    );
    const sending = ['--url', endpoint.url, '--secret-file', secretFile, '--count', '8', '--rate', '200'];
    const ended = await simulate(...sending, '--forgeries', '2', '--seed', '1', '--results', results);
    await endpoint.close();
    expect(JSON.parse(ended.stdout)).toMatchObject({ sent: 10 });
    const lines = readFileSync(results, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        id: expect.stringMatching(/^notif_/),
        key: expect.stringMatching(/^simulat0r:notif_/),
        kind: expect.stringMatching(/^(good|forged)$/),
        attempts: [{ status: expect.any(Number), latencyMs: expect.any(Number) }],
      });
    }
    expect(lines.join('')).not.toContain(SECRET);
  });

  it('prints the report even where the results can no longer be written, and ends with 1', async () => {
    const results = mkdtempSync(join(folder, 'gone-'));
    const endpoint = await startReceiver(() => {
      rmSync(results, { recursive: true, force: true });
      return 200;
    });
    const sending = ['--url', endpoint.url, '--secret-file', secretFile, '--count', '3', '--rate', '200'];
    const ended = await simulate(...sending, '--results', join(results, 'results.ndjson'));
    await endpoint.close();
    expect(JSON.parse(ended.stdout)).toMatchObject({ intercom: { delivered: 3 } });
    expect(ended.stderr).toContain("error: --results can't be written: ENOENT");
    expect(ended.status).toBe(1);
  });

  it('ends quietly when nobody reads the report', async () => {
    const endpoint = await startReceiver(() => 200);
    const child = start(['--url', endpoint.url, '--secret-file', secretFile, '--count', '3', '--rate', '200']);
    child.stdout.destroy();
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
    await endpoint.close();
    expect(child.exitCode).toBe(0);
    expect(stderr).not.toContain('EPIPE');
  });

  it('ends at the first signal while the URL is being saved, and calls that no refusal', async () => {
    const endpoint = await startReceiver(() => 'hold');
    const child = start(['--url', endpoint.url, '--secret-file', secretFile, '--patience', '1m']);
    const ended = endOf(child);
    await until(() => endpoint.received.length === 1, { describe: 'HEAD' });
    child.kill('SIGINT');
    const { status, stdout, stderr } = await ended;
    await endpoint.close();
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ run: null, lastSave: null });
    expect(stderr).toContain('interrupted before the URL was saved');
    expect(stderr).not.toContain('url refused');
  });

  it('waits for answers under way at the first signal, and ends at once at the second', async () => {
    const endpoint = await startReceiver(({ method }, before) => (method === 'HEAD' || before === 0 ? 200 : 'hold'));
    const child = start(['--url', endpoint.url, '--secret-file', secretFile, '--patience', '1m']);
    const ended = endOf(child);
    await until(() => endpoint.posts().length > 1, { describe: 'a notification under way' });
    child.kill('SIGINT');
    await until(
      () => {
        const before = endpoint.posts().length;
        child.kill('SIGINT');
        return child.signalCode === 'SIGINT' && before > 1;
      },
      { describe: 'the end' },
    );
    expect(await ended).toMatchObject({ status: null, stdout: '' });
    await endpoint.close();
  });

  it('tells every two seconds how far it is; reports what was sent so far, and ends with 1, at SIGTERM', async () => {
    const endpoint = await startReceiver(() => 200);
    const args = ['--url', endpoint.url, '--secret-file', secretFile, '--count', '1000', '--rate', '20'];
    const child = start(args);
    const ended = endOf(child);
    let told = '';
    child.stderr.on('data', (chunk) => (told += String(chunk)));
    await until(() => told.includes('"msg":"sending"'), { describe: 'the first word about it' });
    child.kill('SIGTERM');
    const { status, stdout, stderr } = await ended;
    const progress: unknown = stderr
      .split('\n')
      .filter((line) => line.includes('"msg":"sending"'))
      .map((line): unknown => JSON.parse(line))[0];
    expect(progress).toMatchObject({
      planned: 1000,
      delivered: expect.any(Number),
      errors: 0,
      awaitingRetry: 0,
      held: 0,
    });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      sent: endpoint.posts().length - 1,
      inFlight: 0,
      intercom: { delivered: endpoint.posts().length - 1, errors: 0 },
    });
    await endpoint.close();
  });

  it('ends with 2 for wrong usage, and with 0 for help', async () => {
    expect(await simulate('--count', 'many')).toMatchObject({ status: 2, stdout: '' });
    const help = await simulate('--help');
    expect(help).toMatchObject({ status: 0, stderr: '' });
    expect(help.stdout).toContain('Usage: intercom-simulator');
  });
});

describe('serving', () => {
  it('names the option for an address that is none of this machine, and ends with 1', async () => {
    const ended = await simulate('--host', '192.0.2.1');
    expect(ended).toMatchObject({ status: 1, stdout: '' });
    expect(ended.stderr).toMatch(/^error: --host: /);
  });

  it('says where it listens, serves there, and ends gracefully at SIGTERM', async () => {
    const child = start(['--seed', '1']);
    const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
    const nextLine = async () => LogLine.parse(JSON.parse(String((await lines.next()).value)));
    const listening = await nextLine();
    expect(listening).toMatchObject({ msg: 'listening', host: '127.0.0.1' });

    const report = await fetch(`http://127.0.0.1:${listening.controlPort}/report`, {
      headers: { connection: 'close' },
    });
    expect(await report.json()).toMatchObject({ runs: 0, sent: 0 });

    child.kill('SIGTERM');
    expect(await nextLine()).toMatchObject({ msg: 'stopped' });
    await once(child, 'close');
    expect(child.exitCode).toBe(0);
  });
});

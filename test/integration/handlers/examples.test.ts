import { request } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { answers } from '#cli/local/probe.ts';
import { type Child, startChild, temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

const KEY = 'abc12345:notif_1:support';
const BODY = JSON.stringify({ topic: 'contact.user.created', data: { item: { type: 'contact', id: '1' } } });

let handler: Child;

afterEach(() => handler.close());

async function call(port: number, body: string): Promise<{ status: number; text: string }> {
  const response = await request(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: { 'ce-type': 'com.intercom.contact.user.created', 'idempotency-key': KEY },
    body,
    reset: true,
  });
  return { status: response.statusCode, text: await response.body.text() };
}

it.each([
  ['python', 'python3', 'examples/handlers/python/handler.py'],
  ['typescript', process.execPath, 'examples/handlers/typescript/main.ts'],
])('the example in %s keeps the contract of a handler', async (name, command, path) => {
  const port = await freePort();
  handler = await startChild({
    name,
    command,
    args: [path],
    folder: temporaryFolder(name),
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port) },
    ready: () => answers({ port, path: null }),
  });
  const taken = await call(port, BODY);
  expect(taken.status).toBe(200);
  expect(JSON.parse(taken.text)).toEqual({ topic: 'contact.user.created', item: 'contact', idempotencyKey: KEY });
  // Never to be tried again: the body will not be another one next time.
  expect((await call(port, 'not json')).status).toBe(422);
  await handler.stop('SIGTERM');
  expect(handler.isRunning).toBe(false);
});

import { spawnSync } from 'node:child_process';
import { request } from 'undici';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { type Child, startChild, temporaryFolder } from '#test/support/child.ts';
import { entryPoint } from '#test/support/image.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

let handler: Child;

afterEach(() => handler.close());

const call = async (url: string) => {
  const headers = {
    'ce-id': 'notif_1',
    'ce-type': 'com.intercom.ping',
    'idempotency-key': 'a:notif_1:echo',
    'x-delivery-attempt': '2',
  };
  const response = await request(url, { method: 'POST', headers, body: 'abc', reset: true });
  return { status: response.statusCode, answer: await response.body.json() };
};

async function start(name: 'echo' | 'noop', env: Readonly<Record<string, string>> = {}): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  handler = await startChild({
    name,
    command: process.execPath,
    args: [entryPoint(name)],
    folder: temporaryFolder(name),
    env: { PATH: process.env['PATH'], HOST: '127.0.0.1', PORT: String(port), ...env },
    ready: async () => {
      const { statusCode, body } = await request(`${url}/healthz`, { reset: true });
      await body.dump();
      return statusCode === 200;
    },
  });
  return url;
}

it('echo answers what it got, and logs when a call begins and when it ends', async () => {
  const url = await start('echo');
  const fields = { idempotencyKey: 'a:notif_1:echo', attempt: '2', type: 'com.intercom.ping' };
  expect(await call(url)).toEqual({ status: 200, answer: { id: 'notif_1', ...fields, bytes: 3 } });
  await handler.stop();
  const lines = handler
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string });
  expect(lines.filter(({ msg }) => msg.startsWith('call'))).toMatchObject([
    { msg: 'call begins', ...fields },
    { msg: 'call ends', ...fields },
  ]);
});

it('echo finishes its call when it is asked to end', async () => {
  const url = await start('echo', { ECHO_DELAY_MS: '500' });
  const answer = call(url);
  await until(() => handler.log().includes('call begins'), { describe: 'the call to begin' });
  await handler.stop();
  expect((await answer).status).toBe(200);
  expect(handler.log()).toContain('call ends');
});

it('noop takes everything and logs none of it', async () => {
  const url = await start('noop');
  expect(await call(url)).toEqual({ status: 200, answer: {} });
  await handler.stop();
  expect(handler.log()).not.toContain('notif_1');
});

it.each(['echo', 'noop'] as const)('%s names every variable that is missing', async (name) => {
  await start(name);
  const { status, stderr } = spawnSync(process.execPath, [entryPoint(name)], {
    env: { PATH: process.env['PATH'] },
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(/HOST: .*PORT: /);
});

import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { mountedToken } from '#services/worker/bearer-token.ts';
import { httpHandler } from '#services/worker/deliver.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();
const SILENT = pino({ level: 'silent' });

const mounted = (content: string) => {
  const path = join(temporaryFolder('token'), 'token');
  writeFileSync(path, content);
  return path;
};

it('calls the handler with the token that is mounted now, without a restart', async () => {
  const path = mounted('first\n');
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const token = await mountedToken(path, SILENT, { everyMs: 10, signal: stopping.signal });
  const seen: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const handler = httpHandler({
    url: `http://127.0.0.1:${port}/`,
    timeoutMs: 2_000,
    connections: 1,
    token,
  });
  onTestFinished(async () => {
    await handler.close();
    server.close();
  });
  await handler.call({}, Buffer.from('{}'));
  writeFileSync(path, 'second');
  await until(() => token?.() === 'second', { describe: 'the new token to be read' });
  await handler.call({}, Buffer.from('{}'));
  writeFileSync(path, '');
  await handler.call({}, Buffer.from('{}'));
  expect(seen).toEqual(['Bearer first', 'Bearer second', 'Bearer second']);
});

it('needs none where no file is named, and refuses a file without one', async () => {
  expect(await mountedToken('', SILENT)).toBeNull();
  await expect(mountedToken(mounted('\n'), SILENT)).rejects.toThrow('is empty: check spec.handlers[]');
});

import { get } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { freePort } from '#cli/local/free-port.ts';
import { WorkerSettings } from '#shared/contract.ts';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { type Child, startChild, temporaryFolder } from '#test/support/child.ts';
import { WORKER_ENV } from '#test/support/environments.ts';
import { entryPoint } from '#test/support/image.ts';
import { trackLeaks } from '#test/support/leaks.ts';

/** Much more than a worker with nothing to do needs, and than `startChild` waits for an end. */
const TIMEOUT_MS = 60_000;

describe('a worker whose NATS is away', () => {
  trackLeaks();
  let broker: Broker;
  let worker: Child;

  beforeEach(async () => {
    broker = await startBroker();
    const innerPort = await freePort();
    const { POD_NAME, ...settings } = WORKER_ENV;
    const env = z.encode(WorkerSettings, {
      ...settings,
      WEBHOOK_TOKEN: TOKEN,
      INNER_PORT: innerPort,
      NATS_URL: [broker.server.url],
      TIMEOUT_MS,
    });
    worker = await startChild({
      name: 'worker',
      command: process.execPath,
      args: [entryPoint('worker')],
      folder: temporaryFolder('worker'),
      env: { PATH: process.env['PATH'], POD_NAME, ...env },
      ready: () => isReady(innerPort),
    });
  });
  afterEach(async () => {
    await worker.close();
    await broker.close();
  });

  it('ends soon and well when it has nothing to do', async () => {
    await broker.server.kill();
    await worker.stop();
    await broker.server.restart();
    expect(worker.log()).toMatch(/"clean":true,"msg":"stopped"\}\n$/);
  });
});

const isReady = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ port, path: '/readyz', agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('error', () => resolve(false));
  });

import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '#operator/credentials/keys.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsTenants, startNatsTenants } from '#test/support/nats-tenants.ts';
import { until } from '#test/support/until.ts';
import { startIngressProcess } from '../ingress/process.ts';
import { notification, post } from '../ingress/setup.ts';
import { startHandler } from '../worker/handler.ts';
import { startWorker } from '../worker/setup.ts';
import { INGRESS, install, workerOf } from './setup.ts';

trackLeaks();

const HANDLER = 'support';
const EXPIRED = 'User Authentication Expired';
/** What is issued by it expires 8 to 12 s later: no sooner than the processes have started on a busy machine. */
const PERIOD_MS = 4_000;

let tenants: NatsTenants;

beforeAll(async () => {
  tenants = await startNatsTenants();
});

afterAll(() => tenants.close());

/** Ingress and worker of a resource of its own, with credentials that expire soon. */
async function start(name: string) {
  const topics = ['conversation.user.replied'];
  const installed = await install(tenants, { namespace: 'crm', name }, { spec: { topics } });
  const handler = await startHandler(() => ({ status: 200 }));
  const issuer = { ...tenants.issuer, periodMs: PERIOD_MS };
  const mounted = (role: Role) => installed.credsFile(role, installed.creds(role, { issuer }));
  const files = { ingress: mounted(INGRESS), worker: mounted(workerOf(HANDLER)) };
  const common = { WEBHOOK_TOKEN: installed.token };
  const natsUrl = tenants.server.url;
  const [ingress, worker] = await Promise.all([
    startIngressProcess({ natsUrl, changes: { ...common, NATS_CREDS_FILE: files.ingress } }),
    startWorker(natsUrl, { ...common, HANDLER, HANDLER_URL: handler.url, NATS_CREDS_FILE: files.worker }),
  ]);
  await until(async () => (await worker.readiness())?.status === 200, { describe: 'the worker to be ready' });
  const sent: string[] = [];
  const send = async () => {
    const id = `n-${sent.length}`;
    sent.push(id);
    const item = { type: 'conversation', id: String(sent.length % 7) };
    expect((await post(ingress.url, notification({ id, data: { item } }))).status).toBe(200);
  };
  return {
    write: (content: string) => Object.values(files).forEach((file) => writeFileSync(file, content)),
    renew: () => {
      writeFileSync(files.ingress, installed.creds(INGRESS));
      writeFileSync(files.worker, installed.creds(workerOf(HANDLER)));
    },
    /** Sends all the time until that is so of the logs of both. */
    sendUntil: (describe: string, isSo: (log: string) => boolean) =>
      until(
        async () => {
          await send();
          return [ingress, worker].every(({ child }) => isSo(child.log()));
        },
        { describe, timeoutMs: 25_000, everyMs: 50 },
      ),
    /** Every id as often as the handler was called with it, and what was answered. */
    outcome: async () => {
      const calls = await handler.untilCalls(sent.length, 20_000);
      return { handled: calls.map(({ id }) => id).toSorted(), answers: await ingress.answers() };
    },
    /** Everything handled once, everything answered 200. */
    nothingLost: () => ({ handled: sent.toSorted(), answers: { 'stored 200': sent.length } }),
    close: async () => {
      await worker.close();
      await ingress.child.close('SIGKILL');
      await handler.close();
    },
  };
}

const errors = (log: string): number => log.split('"event":"error"').length - 1;
const isBack = (log: string): boolean => log.includes('"event":"reconnect"');

describe.concurrent('credentials that expire', () => {
  it('are followed by those that took their place before, and nothing is lost or handled twice', async () => {
    const scene = await start('in-time');
    scene.renew();
    await scene.sendUntil('both to be connected anew', (log) => log.includes(EXPIRED) && isBack(log));
    expect(await scene.outcome()).toEqual(scene.nothingLost());
    await scene.close();
  });

  it('and are renewed too late cost nothing but time', async () => {
    const scene = await start('too-late');
    await scene.sendUntil('both to be refused again and again', (log) => log.includes(EXPIRED) && errors(log) >= 3);
    scene.write('nothing that could be read');
    await scene.sendUntil('both to say what is wrong', (log) => log.includes('cannot be read') && !isBack(log));
    scene.renew();
    await scene.sendUntil('both to be connected anew', isBack);
    expect(await scene.outcome()).toEqual(scene.nothingLost());
    await scene.close();
  });
});

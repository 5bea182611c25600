import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONSUMERS, STREAMS, type WorkerEnv } from '#shared/contract.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsTenants, startNatsTenants } from '#test/support/nats-tenants.ts';
import { until } from '#test/support/until.ts';
import { type IngressProcess, startIngressProcess } from '../ingress/process.ts';
import { notification, post } from '../ingress/setup.ts';
import { type Respond, startHandler, type TestHandler } from '../worker/handler.ts';
import { startWorker, type WorkerProcess } from '../worker/setup.ts';
import { INGRESS, type Installed, install, workerOf } from './setup.ts';

trackLeaks();

const COUNT = 40;

let tenants: NatsTenants;
let installed: Installed;
let ingress: IngressProcess;

const respond: Respond = ({ id }) => {
  if (id.startsWith('bad')) return { status: 400 };
  if (!id.startsWith('effects')) return { status: 200 };
  const note = { type: 'note', admin_id: '7', body: 'hello' };
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ effects: [note, note] }),
  };
};

const container = { image: 'registry.example/handler:1.4' };

beforeAll(async () => {
  tenants = await startNatsTenants();
  installed = await install(
    tenants,
    { namespace: 'crm', name: 'support' },
    {
      spec: {
        topics: ['conversation.user.replied'],
        handlers: [
          { name: 'in-order', container },
          { name: 'as-it-comes', container, orderBy: 'None' },
        ],
      },
    },
  );
  ingress = await startIngressProcess({
    natsUrl: tenants.server.url,
    changes: { WEBHOOK_TOKEN: installed.token, NATS_CREDS_FILE: installed.credsFile(INGRESS) },
  });
});

afterAll(async () => {
  await ingress.child.close('SIGKILL');
  await tenants.close();
});

describe('with credentials of their own, limited to what is theirs', () => {
  const handlers: TestHandler[] = [];
  const workers: WorkerProcess[] = [];

  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await Promise.all(handlers.map((handler) => handler.close()));
  });

  async function work(name: string, changes: Partial<WorkerEnv>): Promise<TestHandler> {
    const handler = await startHandler(respond);
    handlers.push(handler);
    const env = {
      WEBHOOK_TOKEN: installed.token,
      HANDLER: name,
      HANDLER_URL: handler.url,
      NATS_CREDS_FILE: installed.credsFile(workerOf(name)),
      ...changes,
    };
    workers.push(await startWorker(tenants.server.url, env));
    return handler;
  }

  it('ingress and workers do all that they do, and the server refuses them nothing', async () => {
    const [inOrder, asItComes] = [
      await work('in-order', { ORDER_BY: 'Subject' }),
      await work('as-it-comes', { ORDER_BY: 'None' }),
    ];
    const ids = Array.from({ length: COUNT }, (_, i) => `${['plain', 'effects', 'bad', 'plain'][i % 4]}-${i}`);
    // Together, so that groups are published.
    const answers = await Promise.all(
      ids.map((id, i) =>
        post(ingress.url, notification({ id, data: { item: { type: 'conversation', id: String(i % 5) } } })),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
    expect((await post(ingress.url, '[]')).status).toBe(200);

    for (const handler of [inOrder, asItComes]) {
      const calls = await handler.untilCalls(COUNT);
      expect(new Set(calls.map(({ id }) => id))).toEqual(new Set(ids));
    }
    await until(
      async () => {
        const [letters, effects] = [await stateOf(STREAMS.deadLetters), await stateOf(STREAMS.effects)];
        // Of each handler a quarter, and one that nobody could read; of a quarter two effects each.
        expect(letters).toBe(2 * (COUNT / 4) + 1);
        expect(effects).toBe(2 * (COUNT / 4) * 2);
        const stream = STREAMS.events(installed.token);
        for (const name of [CONSUMERS.unordered('as-it-comes'), CONSUMERS.ordered('in-order', 0)]) {
          const { num_pending, num_ack_pending } = await installed.manager.consumers.info(stream, name);
          expect(num_pending + num_ack_pending).toBe(0);
        }
        return true;
      },
      { describe: 'everything to be settled' },
    );
    expect(tenants.refusals()).toEqual([]);
    expect(workers.map(({ child }) => child.log()).join('')).not.toContain('"event":"error"');
  });

  const stateOf = async (stream: string): Promise<number> =>
    (await installed.manager.streams.info(stream)).state.messages;
});

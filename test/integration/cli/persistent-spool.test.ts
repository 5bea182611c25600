import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { type LocalPod, planLocal, portsNeeded } from '#cli/local/plan.ts';
import { Pod } from '#cli/local/pod.ts';
import { render } from '#operator/render/render.ts';
import { startBroker, storedEvents } from '#test/support/broker.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { entryPoint } from '#test/support/image.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { until } from '#test/support/until.ts';
import { webhook } from '#test/support/webhook.ts';
import { notification, post, SECRET } from '../ingress/setup.ts';

trackLeaks();

const PERSISTENT = webhook({
  receiver: { scaling: { minReplicas: 1 }, spool: { storage: 'Persistent', size: '32Mi' } },
});

/** The receiver's pod as local mode makes it of what the operator renders. */
async function planReceiver(natsUrl: string): Promise<LocalPod> {
  const facts = renderFacts({ natsUrls: [natsUrl] });
  const objects = render(PERSISTENT, facts);
  const ports = await Promise.all(Array.from({ length: portsNeeded(objects) }, freePort));
  const { pods } = planLocal(objects, {
    commands: { support: ['not-run'] },
    secrets: new Map([['crm/intercom-support', { 'client-secret': SECRET }]]),
    stateDir: temporaryFolder('local'),
    freePort: () => ports.pop() ?? 0,
    image: facts.image,
    imageEnv: {},
    path: dirname(process.execPath),
    imageDir: dirname(entryPoint('ingress')),
  });
  const [receiver, ...others] = pods.filter(({ name }) => name.startsWith('icw-support-ingress-'));
  if (receiver === undefined || others.length > 0) throw new Error('not one receiver');
  return receiver;
}

it('a persistent spool hands what the broker could not take to the next pod, which stores all of it once', async () => {
  const broker = await startBroker();
  const plan = await planReceiver(broker.server.url);
  const lines: string[] = [];
  const pod = new Pod(plan, { onLine: (_container, line) => lines.push(line), onExit: () => undefined });
  const start = async () => {
    await pod.start(AbortSignal.timeout(30_000));
    await until(() => pod.ready, { describe: 'the receiver to be ready', timeoutMs: 20_000 });
  };
  const storedIds = () =>
    until(async () => (await storedEvents(broker)).map((event) => event.header('Icw-Id')), { describe: 'the stream' });
  await start();
  const send = (id: string) =>
    post(`http://127.0.0.1:${plan.containers[0]?.ports['webhook']}/intercom`, notification({ id }));
  expect((await send('before')).status).toBe(200);
  await broker.server.kill();
  for (const id of ['away-0', 'away-1', 'away-2']) expect((await send(id)).status).toBe(200);
  const startedMs = performance.now();
  await pod.stop();
  expect(performance.now() - startedMs).toBeLessThan(plan.graceMs / 2);
  expect(lines.at(-1)).toMatch(/"clean":true,"msg":"stopped"/);
  await broker.server.restart();
  await start();
  await until(async () => (await storedIds()).length >= 4, { describe: 'all to be stored', timeoutMs: 20_000 });
  expect((await send('after')).status).toBe(200);
  expect(await storedIds()).toEqual(['before', 'away-0', 'away-1', 'away-2', 'after']);
  await pod.stop();
  await broker.close();
});

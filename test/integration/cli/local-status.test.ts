import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LocalPod } from '#cli/local/plan.ts';
import { localStatus, type Scene } from '#cli/local/status.ts';
import { ingressComponent, workerComponent } from '#operator/render/meta.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { webhook } from '#test/support/webhook.ts';

trackLeaks();

let nats: NatsServer;
beforeAll(async () => {
  nats = await startNatsServer();
});
afterAll(() => nats.close());

const support = webhook();

const pod = (labels: LocalPod['labels'], ready: boolean) => ({
  ready,
  plan: { name: 'a pod', labels, files: [], containers: [], graceMs: 0 },
});

const scene = (parts: Partial<Scene> = {}): Scene => ({
  webhooks: [support],
  factsOf: () => ({ ...renderFacts(), ...streamFacts() }),
  secrets: new Map([['crm/intercom-support', { 'client-secret': 'secret' }]]),
  pods: [ingressComponent(support), ingressComponent(support), workerComponent(support, 'support')].map(
    ({ selector }) => pod(selector, true),
  ),
  natsUrls: [nats.url],
  ...parts,
});

const statusOf = (parts?: Partial<Scene>) => localStatus(support, scene(parts), AbortSignal.timeout(20_000));

const reasons = ({ conditions = [] }: Awaited<ReturnType<typeof statusOf>>) =>
  Object.fromEntries(conditions.map(({ type, status, reason }) => [type, `${status} ${reason}`]));

it('an installation of this machine is ready when its pods are, and says what waits', async () => {
  const status = await statusOf();
  expect(reasons(status)).toMatchObject({
    Ready: 'True AllWell',
    Accepted: 'True Parsed',
    SecretsResolved: 'True Resolved',
    StreamsReady: 'True Reconciled',
    ReceiverAvailable: 'True Available',
    HandlersAvailable: 'True Available',
  });
  expect(status).toMatchObject({
    handlers: [{ name: 'support', replicas: 1, lag: 0, deadLetters: 0 }],
    totals: { lag: 0, deadLetters: 0 },
  });
});

it('one with a receiver that is down, and a handler without pods, says so', async () => {
  const receiver = ingressComponent(support).selector;
  const status = await statusOf({ pods: [pod(receiver, true), pod(receiver, false)] });
  expect(reasons(status)).toMatchObject({
    Ready: 'False NotReady',
    ReceiverAvailable: 'True PartlyAvailable',
    HandlersAvailable: 'False Unavailable',
  });
});

it('one without its Secret says which is missing', async () => {
  const status = await statusOf({ secrets: new Map([['crm/intercom-support', { other: 'x' }]]) });
  expect(reasons(status)).toMatchObject({ Ready: 'False NotReady', SecretsResolved: 'False Missing' });
});

it('one whose NATS is away says so, and not what waits', async () => {
  const status = await statusOf({ natsUrls: ['nats://127.0.0.1:9'] });
  expect(reasons(status)).toMatchObject({ StreamsReady: 'False NatsUnavailable', ReceiverAvailable: 'True Available' });
  expect(status).not.toHaveProperty('totals');
});

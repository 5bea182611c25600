import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { Status } from '#operator/api/status.ts';
import { INTERCOM_WEBHOOKS, PAUSED_ANNOTATION } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { minuteText } from '#operator/observations/coarse.ts';
import { PODS } from '#operator/receiver-pods.ts';
import { PORTS, webhookToken } from '#shared/contract.ts';
import { soon } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { startIngressProcess } from '../ingress/process.ts';
import { notification, post } from '../ingress/setup.ts';
import { arrange, closeServers, DEPLOYMENTS, type Servers, secret, startServers } from './installation.ts';

trackLeaks();

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => closeServers(servers));

const Template = z.looseObject({
  spec: z.looseObject({ template: z.looseObject({ metadata: z.looseObject({}), spec: z.looseObject({}) }) }),
});
const WithStatus = z.looseObject({ status: Status });

/** A receiver as a process of this test, and its pod as its workload would make it. */
async function startReceiver(kube: Kube, { namespace, name }: { namespace: string; name: string }) {
  const POD_NAME = 'icw-support-ingress-0';
  const changes = { POD_NAME, WEBHOOK_NAMESPACE: namespace, WEBHOOK_TOKEN: webhookToken(namespace, name) };
  const receiver = await startIngressProcess({ natsUrl: servers.nats.url, changes });
  onTestFinished(() => receiver.child.close());
  // But for the port, which the process was given.
  const { spec } = Template.parse(await kube.get(DEPLOYMENTS, { namespace, name: 'icw-support-ingress' }, soon()));
  const { port } = new URL(receiver.innerUrl);
  const text = JSON.stringify(spec.template.spec).replaceAll(
    `"containerPort":${PORTS.inner}`,
    `"containerPort":${port}`,
  );
  const metadata = { ...spec.template.metadata, namespace, name: POD_NAME };
  await kube.create(PODS, { metadata, spec: JSON.parse(text) as object }, soon());
  const address = { podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] };
  await kube.applyStatus(PODS, { metadata: { namespace, name: POD_NAME }, status: address }, soon());
  return receiver;
}

it('says in its status what its receivers saw: who signed, which topics came, that Intercom reaches it', async () => {
  const { kube, write, toBe, at, operator } = await arrange(servers);
  await write();
  await toBe('StreamsReady', 'Reconciled');
  await toBe('EndpointVerified', 'NotObserved');

  const receiver = await startReceiver(kube, at);
  await toBe('EndpointVerified', 'NothingReceived');

  for (const topic of ['conversation.user.created', 'company.created']) {
    expect((await post(receiver.url, notification({ id: topic, topic }))).status).toBe(200);
  }
  await toBe('EndpointVerified', 'NotificationReceived');
  await toBe('ReceivingNotifications', 'Receiving');
  const { status } = WithStatus.parse(await kube.get(INTERCOM_WEBHOOKS, at, soon()));
  expect(status).toMatchObject({
    budget: { errors15m: 0, streak: 0, remaining: 1000 },
    endpoint: { lastNotificationAt: expect.stringMatching(/:00Z$/) },
    signing: [{ name: 'intercom-support', key: 'client-secret', lastSignedAt: expect.stringMatching(/:00Z$/) }],
  });
  expect(status.topics?.undeclaredSeen).toEqual(['company.created']);
  expect(status.topics?.declaredNeverSeen).toEqual(['contact.user.created', 'conversation.user.replied']);
  expect(status.developerHub?.map(({ done }) => done)).toEqual([true, true, false, false]);
  await operator.child.close('SIGKILL');
});

it('says which key of a rotation may go: another has signed after it, and does so still a day later', async () => {
  const { kube, namespace, write, toBe, at, operator } = await arrange(servers);
  await secret(kube, namespace, { 'client-secret': 'c2VjcmV0', old: 'b2xk' });
  const next = { name: 'intercom-support', key: 'client-secret' };
  const old = { name: 'intercom-support', key: 'old' };
  const signing = { secretKeyRefs: [next, old] };
  // As it was a day and some minutes ago.
  const ago = (minutes: number) => minuteText(Date.now() / 1000 - 86_400 - minutes * 60);
  const superseded = { ...old, lastSignedAt: ago(20), supersededAt: ago(10) };
  const before = {
    signing: [
      { ...next, lastSignedAt: ago(10), mayGo: false },
      { ...superseded, mayGo: false },
    ],
  };
  await write({ signing }, { annotations: { [PAUSED_ANNOTATION]: 'true' } });
  await toBe('NotPaused', 'Paused');
  await kube.applyStatus(INTERCOM_WEBHOOKS, { metadata: at, status: before }, { ...soon(), force: true });
  await write({ signing });
  await toBe('StreamsReady', 'Reconciled');
  const receiver = await startReceiver(kube, at);
  await toBe('WithinErrorBudget', 'WithinBudget');

  const signingNow = async () =>
    WithStatus.parse(await kube.get(INTERCOM_WEBHOOKS, at, soon())).status.signing ?? expect.unreachable();
  expect(await signingNow()).toEqual(before.signing);
  expect((await post(receiver.url, notification({ id: 'n', topic: 'conversation.user.created' }))).status).toBe(200);
  const mayGo = async () => (await signingNow()).some((key) => key.mayGo);
  await until(mayGo, { describe: 'a key that may go', timeoutMs: 15_000 });
  const lastSignedAt = expect.stringMatching(/:00Z$/) as unknown;
  expect(await signingNow()).toEqual([
    { ...next, lastSignedAt, mayGo: false },
    { ...superseded, mayGo: true },
  ]);
  await operator.child.close('SIGKILL');
});

it('says how much waits for its handlers', async () => {
  const { kube, namespace, write, toBe, at, operator } = await arrange(servers);
  await write();
  await toBe('StreamsReady', 'Reconciled');
  const changes = { WEBHOOK_NAMESPACE: namespace, WEBHOOK_TOKEN: webhookToken(namespace, at.name) };
  const receiver = await startIngressProcess({ natsUrl: servers.nats.url, changes });
  onTestFinished(() => receiver.child.close());
  for (const id of ['a', 'b', 'c']) {
    expect((await post(receiver.url, notification({ id, topic: 'conversation.user.created' }))).status).toBe(200);
  }
  const lag = async () => {
    const { status } = WithStatus.parse(await kube.get(INTERCOM_WEBHOOKS, at, soon()));
    return status.totals?.lag === 3 && status.handlers?.[0]?.lag === 3;
  };
  await until(lag, { describe: 'three that wait', timeoutMs: 45_000 });
  await operator.child.close('SIGKILL');
});

import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { SECRETS } from '#operator/children.ts';
import { EVENTS } from '#operator/events/event.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { createTransport, readBody } from '#operator/kube/transport.ts';
import { adminConnection, soon, testKube } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { installCrd } from '#test/support/operator.ts';
import { until } from '#test/support/until.ts';
import { webhookInput } from '#test/support/webhook.ts';
import {
  arrange,
  CONFIG_MAPS,
  childrenIn,
  closeServers,
  consumersOf,
  DEPLOYMENTS,
  kindOf,
  namesOf,
  RECEIVER,
  replicasOf,
  type Servers,
  secret,
  startServers,
  workerOf,
} from './installation.ts';

trackLeaks();

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => closeServers(servers));

describe('a resource', () => {
  it('is turned into its objects, owned by it, and is ready when their pods are', async () => {
    const { kube, namespace, write, toBe, at, condition } = await arrange(servers);
    const { metadata } = await write();
    expect(await toBe('StreamsReady', 'Reconciled')).toMatchObject({ observedGeneration: metadata.generation });
    const children = await childrenIn(kube, namespace);
    expect(namesOf(children).toSorted()).toEqual([...RECEIVER, ...workerOf('support')].toSorted());
    for (const child of children) {
      expect(child.metadata.ownerReferences).toMatchObject([{ uid: metadata.uid, controller: true }]);
    }
    expect(await condition('Ready')).toMatchObject({ status: 'False', reason: 'NotReady' });
    // What waits is in the first status already: it is not written again for that.
    expect(await kube.get(INTERCOM_WEBHOOKS, at, soon())).toMatchObject({
      status: { totals: { lag: 0, deadLetters: 0 }, handlers: [{ name: 'support', lag: 0, deadLetters: 0 }] },
    });
    for (const name of ['icw-support-ingress', 'icw-support-support-worker']) {
      const status = { replicas: 2, readyReplicas: 2, availableReplicas: 2 };
      await kube.applyStatus(DEPLOYMENTS, { metadata: { namespace, name }, status }, soon());
    }
    await toBe('Ready', 'AllWell');
    const webhook = await kube.get(INTERCOM_WEBHOOKS, at, soon());
    expect(webhook?.['status']).toMatchObject({ observedGeneration: 1, handlers: [{ name: 'support', replicas: 2 }] });
    const tells = async () => {
      const { value: page } = await kube.pages(EVENTS, { namespace }, soon()).next();
      return page?.items.some((event) => event['reason'] === 'AllWell' && event['type'] === 'Normal');
    };
    await until(tells, { describe: 'an Event' });
  });

  it('gets back what somebody changed or deleted of its objects', async () => {
    const { kube, namespace, write, toBe } = await arrange(servers);
    await write();
    await toBe('StreamsReady', 'Reconciled');
    const metadata = { namespace, name: 'icw-support-ingress' };
    const before = await kube.get(CONFIG_MAPS, metadata, soon());
    const edit = testKube(await adminConnection(servers.api.kubeconfig), 'somebody');
    await edit.apply(CONFIG_MAPS, { metadata, data: { MAX_BODY_BYTES: '1' } }, { ...soon(), force: true });
    await edit.delete(kindOf('Service'), metadata, soon());
    await until(
      async () => {
        const found = await kube.get(CONFIG_MAPS, metadata, soon());
        const service = await kube.get(kindOf('Service'), metadata, soon());
        return service !== null && isDeepStrictEqual(found?.['data'], before?.['data']);
      },
      { describe: 'both to be put back' },
    );
  });

  it('loses what it does not ask for any more, with its consumers; dead letters stay', async () => {
    const { kube, namespace, write, toBe } = await arrange(servers);
    const [support] = webhookInput().spec.handlers;
    const other = { name: 'other', builtin: { type: 'Noop' } };
    await write({ handlers: [support, other] });
    await toBe('StreamsReady', 'Reconciled');
    expect(namesOf(await childrenIn(kube, namespace))).toEqual(expect.arrayContaining(workerOf('other')));
    expect(await consumersOf(servers.nats, namespace)).toContain('other_0');
    await write({ handlers: [support] });
    await until(async () => !(await consumersOf(servers.nats, namespace)).includes('other_0'), {
      describe: 'its consumers to go',
    });
    await until(
      async () => namesOf(await childrenIn(kube, namespace)).length === RECEIVER.length + workerOf('support').length,
      {
        describe: 'its objects to go',
      },
    );
    expect(namesOf(await childrenIn(kube, namespace))).not.toEqual(expect.arrayContaining(workerOf('other')));
  });

  it('has nothing left in its objects of what they were made with, and others added stays', async () => {
    const { kube, namespace, write, toBe } = await arrange(servers);
    const annotations = { 'example.com/made-with': 'yes' };
    await write({ receiver: { template: { annotations } } });
    await toBe('StreamsReady', 'Reconciled');
    const templateOf = async () => {
      const deployment = await kube.get(DEPLOYMENTS, ingress(namespace), soon());
      return WithTemplate.parse(deployment).spec.template.metadata.annotations;
    };
    expect(await templateOf()).toMatchObject(annotations);
    const theirs = { 'example.com/theirs': 'yes' };
    const somebody = testKube(await adminConnection(servers.api.kubeconfig), 'somebody');
    const spec = { template: { metadata: { annotations: theirs } } };
    await somebody.apply(DEPLOYMENTS, { metadata: ingress(namespace), spec }, soon());
    const isGone = async () => !('example.com/made-with' in (await templateOf()));
    await write();
    await until(isGone, { describe: 'the first one to go', timeoutMs: 15_000 });
    expect(await templateOf()).toMatchObject(theirs);
    // Again, now that it was applied before.
    await write({ receiver: { template: { annotations } } });
    await until(async () => !(await isGone()), { describe: 'it to come back', timeoutMs: 15_000 });
    await write();
    await until(isGone, { describe: 'it to go again', timeoutMs: 15_000 });
  });

  it('leaves alone what has its name and is not ours', async () => {
    const { kube, namespace, write, toBe } = await arrange(servers);
    const foreign = { metadata: { namespace, name: 'icw-support-ingress' }, data: { theirs: 'yes' } };
    const before = await kube.create(CONFIG_MAPS, foreign, soon());
    await write();
    const condition = await toBe('Accepted', 'NameConflict');
    expect(condition.message).toContain('ConfigMap icw-support-ingress is there already, and nobody owns it');
    expect(await kube.get(CONFIG_MAPS, foreign.metadata, soon())).toEqual(before);
    expect(namesOf(await childrenIn(kube, namespace))).toEqual(expect.arrayContaining(workerOf('support')));
    await kube.delete(CONFIG_MAPS, foreign.metadata, soon());
    await toBe('Accepted', 'Parsed');
  });

  it('has as many pods as an autoscaler says, and not as a person says', async () => {
    const { kube, namespace, write, toBe } = await arrange(servers);
    await write();
    await toBe('StreamsReady', 'Reconciled');
    await scale(namespace, 'icw-support-ingress', { replicas: 5, as: 'kube-controller-manager' });
    await scale(namespace, 'icw-support-support-worker', { replicas: 5, as: 'kubectl' });
    await until(async () => (await replicasOf(kube, namespace, 'icw-support-support-worker')) === 1, {
      describe: 'it to be put back',
    });
    // A pass that writes the Deployment for another reason.
    await write({ endpoint: { path: '/elsewhere' } });
    const hashOf = async () => JSON.stringify((await kube.get(DEPLOYMENTS, ingress(namespace), soon()))?.['spec']);
    const before = await hashOf();
    await until(async () => (await hashOf()) !== before, { describe: 'the new configuration' });
    expect(await replicasOf(kube, namespace, 'icw-support-ingress')).toBe(5);
  });

  it('waits for a Secret with what needs it, and keeps what runs when it goes', async () => {
    const { kube, namespace, operator, write, toBe, condition } = await arrange(servers);
    await kube.delete(SECRETS, { namespace, name: 'intercom-support' }, soon());
    await write();
    const { message } = await toBe('SecretsResolved', 'Missing');
    expect(message).toBe(
      `spec.signing.secretKeyRefs[0]: Secret ${namespace}/intercom-support does not exist: create it with the key client-secret`,
    );
    await toBe('ReceiverAvailable', 'Blocked');
    expect(namesOf(await childrenIn(kube, namespace)).toSorted()).toEqual(workerOf('support').toSorted());
    await secret(kube, namespace, { 'client-secret': 'c2VjcmV0' });
    await until(
      async () => namesOf(await childrenIn(kube, namespace)).length === RECEIVER.length + workerOf('support').length,
      {
        describe: 'the receiver',
        timeoutMs: 20_000,
      },
    );
    await toBe('SecretsResolved', 'Resolved');

    const receiver = async () =>
      (await childrenIn(kube, namespace)).filter(({ metadata }) => metadata.name === 'icw-support-ingress');
    const before = await receiver();
    expect(namesOf(before).toSorted()).toEqual(RECEIVER);
    await kube.delete(SECRETS, { namespace, name: 'intercom-support' }, soon());
    // An operator that knows of nothing but what is there, and is asked for something else.
    await operator.child.stop('SIGKILL');
    const { metadata } = await write({ endpoint: { path: '/elsewhere' } });
    await operator.child.restart();
    const isBlocked = async () => {
      const found = await condition('ReceiverAvailable');
      return found?.observedGeneration === metadata.generation && found?.reason === 'Blocked';
    };
    await until(isBlocked, { describe: 'the receiver to be blocked', timeoutMs: 30_000 });
    expect(await condition('SecretsResolved')).toMatchObject({ status: 'False', reason: 'Missing' });
    expect(await receiver()).toEqual(before);
  });

  it('is not looked after while it is paused, and says so', async () => {
    const { kube, namespace, write, toBe } = await arrange(servers);
    const pause = { annotations: { 'intercom-operator.io/paused': 'true' } };
    await write({}, pause);
    await toBe('NotPaused', 'Paused');
    expect(await childrenIn(kube, namespace)).toEqual([]);
    await write();
    await toBe('NotPaused', 'Reconciling');
    await toBe('StreamsReady', 'Reconciled');
    expect(await childrenIn(kube, namespace)).toHaveLength(RECEIVER.length + workerOf('support').length);
  });

  it('gets a status where its definition is of an older release, without what that does not have', async () => {
    const { kube, at, write, toBe } = await arrange(servers);
    await write();
    await toBe('StreamsReady', 'Reconciled');
    onTestFinished(() => installCrd(kube));
    await installCrd(kube, (crd) => {
      const older = structuredClone(crd);
      const status = older.spec.versions[0]?.schema.openAPIV3Schema.properties?.['status'];
      Reflect.deleteProperty(status?.properties ?? {}, 'operator');
      return older;
    });
    const told = async (): Promise<Record<string, unknown>> => ({
      ...((await kube.get(INTERCOM_WEBHOOKS, at, soon()))?.['status'] as object),
    });
    await until(async () => !('operator' in (await told())), { describe: 'the older definition to be served' });
    const { metadata } = await write({ endpoint: { path: '/moved' } });
    await until(async () => (await told())['observedGeneration'] === metadata.generation, {
      describe: 'a status of the change',
    });
    expect(await toBe('StreamsReady', 'Reconciled')).toMatchObject({ observedGeneration: metadata.generation });
  });

  it('has no handler pods while it is suspended, and goes on receiving', async () => {
    const { kube, namespace, write, toBe } = await arrange(servers);
    await write({ suspend: true });
    await toBe('HandlersAvailable', 'Suspended');
    const replicas = await Promise.all(
      ['icw-support-ingress', 'icw-support-support-worker'].map((name) => replicasOf(kube, namespace, name)),
    );
    expect(replicas).toEqual([2, 0]);
  });

  it('does not get the host and path of an older one, until that is gone', async () => {
    const { kube, namespace, write, toBe } = await arrange(servers);
    const endpoint = { type: 'LoadBalancer', host: 'hooks.example.com' };
    const older = { namespace, name: 'older' };
    const spec = { ...webhookInput().spec, endpoint };
    const { metadata } = await kube.apply(INTERCOM_WEBHOOKS, { metadata: older, spec }, soon());
    const bornMs = Date.parse(String(metadata['creationTimestamp']));
    await until(() => Date.now() >= bornMs + 1_000, { describe: 'another second' });
    await write({ endpoint });
    const condition = await toBe('Accepted', 'EndpointConflict');
    expect(condition.message).toContain(
      `${namespace}/older, which is older, has host hooks.example.com and path /intercom`,
    );
    expect(namesOf(await childrenIn(kube, namespace)).filter((name) => name.includes('icw-support'))).toEqual([]);
    await kube.delete(INTERCOM_WEBHOOKS, older, soon());
    await toBe('Accepted', 'Parsed');
  });
});

const WithTemplate = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({ metadata: z.looseObject({ annotations: z.record(z.string(), z.string()) }) }),
  }),
});

const ingress = (namespace: string) => ({ namespace, name: 'icw-support-ingress' });

/** As who lives in that process. */
async function scale(namespace: string, name: string, { replicas, as }: { replicas: number; as: string }) {
  const transport = createTransport(await adminConnection(servers.api.kubeconfig), as);
  const answer = await transport.send(
    {
      method: 'PATCH',
      path: `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/scale`,
      query: { fieldManager: as },
      body: { type: 'application/merge-patch+json', json: { spec: { replicas } } },
    },
    soon().signal,
  );
  expect(answer.statusCode).toBe(200);
  await readBody(answer, 1_000_000);
  transport.close();
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Status } from '#operator/api/status.ts';
import { EVENTS } from '#operator/events/event.ts';
import { FINALIZER } from '#operator/finalize.ts';
import { hasFinalizer } from '#operator/finalizers.ts';
import { INTERCOM_WEBHOOKS, PAUSED_ANNOTATION } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { pathOf } from '#operator/kube/resource.ts';
import { createTransport } from '#operator/kube/transport.ts';
import { LEASES } from '#operator/leader/lease.ts';
import { operatorName } from '#operator/ownership.ts';
import { CLUSTER_RULES } from '#operator/rbac.ts';
import { PODS } from '#operator/receiver-pods.ts';
import { report } from '#operator/report.ts';
import { adminConnection, soon } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { operatorAccount, startOperator } from '#test/support/operator.ts';
import type { OperatorProcess } from '#test/support/operator-process.ts';
import { until } from '#test/support/until.ts';
import { webhookInput } from '#test/support/webhook.ts';
import {
  type AuditedServers,
  arrange,
  childrenIn,
  closeServers,
  installOlderCrd,
  ownStreams,
  startAuditedServers,
  streamNames,
} from './installation.ts';

trackLeaks();

let servers: AuditedServers;
beforeAll(async () => {
  servers = await startAuditedServers();
});
afterAll(() => closeServers(servers));

const LEASE = 'intercom-operator';
const WithStatus = z.looseObject({ status: Status });

interface Second {
  readonly rules?: typeof CLUSTER_RULES;
  readonly env?: Readonly<Record<string, string>>;
}

/** A namespace with its operator, and a second operator that may be told to look after it too. */
async function arrangeTwo({ rules = CLUSTER_RULES, env = {} }: Second = {}) {
  const scene = await arrange(servers);
  const { kube, namespace, at, account } = scene;
  const other = await operatorAccount(servers.api, kube, rules);
  const home = operatorName(account.namespace, LEASE);
  const elsewhere = operatorName(other.namespace, LEASE);
  const startOther = () =>
    startOperator(other.kubeconfig, {
      POD_NAME: 'second',
      NATS_URL: servers.nats.url,
      WATCH_NAMESPACES: namespace,
      RESYNC_MS: '2000',
      ...env,
    });
  const holder = async () => WithStatus.parse(await kube.get(INTERCOM_WEBHOOKS, at, soon())).status.operator;
  const told = (by = elsewhere) =>
    until(
      async () => {
        const { value } = await kube.pages(EVENTS, { namespace }, soon()).next();
        const about = value?.items.filter(({ reason }) => reason === 'OperatedByAnother');
        return about?.find(({ note }) => String(note).includes(`${by} leaves it`));
      },
      { describe: `${by} to say who looks after it`, timeoutMs: 20_000 },
    );
  /** By the second one, of what is not its own. */
  const written = () =>
    [...servers.usedBy(other.namespace).used].filter((each) => WRITES.test(each) && !/leases|events/.test(each));
  return { ...scene, startOther, holder, told, written, home, elsewhere };
}

const WRITES = /^(create|patch|update|delete) /;

/** A resource with its operator, and a second operator after the same namespace. */
async function overlap(options: Second = {}, spec: object = {}) {
  const scene = await arrangeTwo(options);
  await scene.write(spec);
  await scene.toBe('StreamsReady', 'Reconciled');
  return { ...scene, other: await scene.startOther() };
}

/** Sends what kubectl would, given the command that an Event names. */
async function handOver(note: unknown): Promise<void> {
  const command = /kubectl -n (\S+) patch icw (\S+) --subresource=status --type=merge -p '(.+)'$/.exec(String(note));
  const [, namespace = '', name = '', patch = ''] = command ?? [];
  const transport = createTransport(await adminConnection(servers.api.kubeconfig), 'kubectl');
  try {
    const path = pathOf(INTERCOM_WEBHOOKS, { namespace, name, subresource: 'status' });
    const body = { type: 'application/merge-patch+json', json: JSON.parse(patch) as unknown };
    const response = await transport.send({ method: 'PATCH', path, body }, soon().signal);
    response.resume();
    expect(response.statusCode).toBe(200);
  } finally {
    transport.close();
  }
}

/** How often an operator has tried to read what receivers saw. */
async function readings(of: OperatorProcess): Promise<number> {
  const { text } = await of.ask('/metrics');
  const series = text.matchAll(/^intercom_operator_observation_reads_total\{result="\S+"\} (\d+)$/gm);
  return [...series].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** A pod of the receiver, at an address where nobody answers. */
async function receiverPod(kube: Kube, namespace: string): Promise<void> {
  const receiver = (await childrenIn(kube, namespace)).find(({ metadata }) => metadata.name === 'icw-support-ingress');
  const metadata = { namespace, name: 'icw-support-ingress-0', labels: receiver?.metadata['labels'] };
  const container = { name: 'ingress', image: 'none', ports: [{ name: 'inner', containerPort: 9 }] };
  await kube.create(PODS, { metadata, spec: { containers: [container] } }, soon());
  await kube.applyStatus(PODS, { metadata, status: { podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] } }, soon());
}

describe('a second operator after the same namespace', () => {
  it('leaves the resource to the first, says so, and writes nothing', async () => {
    const { kube, namespace, other, write, toBe, holder, told, written, home } = await overlap();
    const { note, type } = await told();
    expect(type).toBe('Warning');
    expect(note).toContain(home);
    expect(await other.leads()).toBe(true);
    const [first = expect.unreachable('a handler')] = webhookInput().spec.handlers;
    await write({ handlers: [{ ...first, scaling: { minReplicas: 3 } }] });
    await until(
      async () =>
        (await childrenIn(kube, namespace)).some(({ spec }) => (spec as { replicas?: number })?.replicas === 3),
      { describe: 'the first to bring it about' },
    );
    await toBe('StreamsReady', 'Reconciled');
    expect(await holder()).toBe(home);
    expect(written()).toEqual([]);
  });

  it('asks neither NATS nor receivers about what is not its own', async () => {
    const { kube, namespace, operator, write, toBe, startOther, told } = await arrangeTwo();
    await write();
    await toBe('StreamsReady', 'Reconciled');
    await receiverPod(kube, namespace);
    const other = await startOther();
    await told();
    // They look at all of them again every 5 s.
    const before = await readings(operator);
    await until(async () => (await readings(operator)) >= before + 2, { describe: 'two rounds', timeoutMs: 20_000 });
    expect(await readings(other)).toBe(0);
    // It would connect to NATS when it first asked something.
    expect(await servers.nats.connections()).toEqual([expect.stringMatching(/^operator operator-/)]);
  });

  it.each([
    [
      'is paused',
      async ({ write, toBe }: Awaited<ReturnType<typeof arrangeTwo>>) => {
        await write({}, { annotations: { [PAUSED_ANNOTATION]: 'true' } });
        await toBe('NotPaused', 'Paused');
      },
    ],
    [
      'cannot be read',
      async ({ kube, write, toBe }: Awaited<ReturnType<typeof arrangeTwo>>) => {
        await installOlderCrd(kube);
        await until(() => write({ deletionPolicy: 'Shred' }), { describe: 'the older CRD to be in force' });
        await toBe('Accepted', 'Invalid');
      },
    ],
  ])('leaves alone too what %s, which says whose it is', async (_, make) => {
    const scene = await arrangeTwo();
    const { startOther, holder, told, written, home } = scene;
    await make(scene);
    expect(await holder()).toBe(home);
    await startOther();
    await told();
    expect(await holder()).toBe(home);
    expect(written()).toEqual([]);
  });

  it('takes over when the first has been uninstalled', async () => {
    const { kube, operator, account, holder, told, home, elsewhere } = await overlap();
    await told();
    await operator.child.close('SIGKILL');
    expect(await holder()).toBe(home);
    await kube.delete(LEASES, { namespace: account.namespace, name: LEASE }, soon());
    await until(async () => (await holder()) === elsewhere, { describe: 'it to be taken over', timeoutMs: 15_000 });
  });

  it('gets it by the command that its Event names, and the first lets go', async () => {
    const { holder, told, home, elsewhere } = await overlap();
    await handOver((await told())['note']);
    expect((await told(home))['note']).toContain(`the operator ${elsewhere}`);
    expect(await holder()).toBe(elsewhere);
  });

  it('keeps it where a pass of the first was under way when it was handed over', async () => {
    const { kube, at, operator, holder, told, home, elsewhere } = await overlap();
    const { note } = await told();
    const object = (await kube.get(INTERCOM_WEBHOOKS, at, soon())) ?? expect.unreachable('the resource');
    await operator.child.close('SIGKILL');
    await handOver(note);
    const events = { record: () => expect.unreachable('an Event') };
    await report(object, { conditions: [] }, { kube, events, facts: { operator: home } }, soon().signal);
    expect(await holder()).toBe(elsewhere);
  });

  it('stays away too where it may not read the Lease of the first, and is ready', async () => {
    const rules = CLUSTER_RULES.filter(({ resources }) => !resources.includes('leases'));
    const { other, told, holder, home } = await overlap({ rules });
    expect((await told())['note']).toContain('has a Lease that may not be read from here');
    expect(await other.ask('/readyz')).toMatchObject({ status: 200 });
    expect(await holder()).toBe(home);
  });
});

describe('a deletion that its own operator does not end', () => {
  it('is left to it by another one', async () => {
    const { kube, namespace, at, operator, other, told, written } = await overlap({}, { deletionPolicy: 'Delete' });
    await told();
    await operator.child.close('SIGKILL');
    await kube.delete(INTERCOM_WEBHOOKS, at, soon());
    const looked = 'intercom_operator_reconciles_total{outcome="requeue"}';
    await until(async () => (await other.metric(looked)) > 0, { describe: 'it to have been looked at' });
    const left = (await kube.get(INTERCOM_WEBHOOKS, at, soon())) ?? expect.unreachable('the resource');
    expect(hasFinalizer(left, FINALIZER)).toBe(true);
    expect(await streamNames(servers.nats)).toEqual(expect.arrayContaining(ownStreams(namespace)));
    expect(written()).toEqual([]);
  });

  it('is ended by another one after twenty minutes, with its streams', async () => {
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(LATER)}` };
    const { kube, namespace, at, operator, told } = await overlap({ env }, { deletionPolicy: 'Delete' });
    await told();
    await operator.child.close('SIGKILL');
    expect(await streamNames(servers.nats)).toEqual(expect.arrayContaining(ownStreams(namespace)));
    await kube.delete(INTERCOM_WEBHOOKS, at, soon());
    await until(async () => (await kube.get(INTERCOM_WEBHOOKS, at, soon())) === null, { describe: 'it to go' });
    const left = await streamNames(servers.nats);
    expect(left.filter((name) => ownStreams(namespace).includes(name))).toEqual([]);
  });
});

/** Run in an operator before its own program: to it, it is 21 minutes later than to the API server. */
const LATER = `
  const Now = globalThis.Date;
  globalThis.Date = class extends Now {
    constructor(...of) { super(...(of.length === 0 ? [Now.now() + 1_260_000] : of)); }
    static now() { return Now.now() + 1_260_000; }
  };
`;

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVENTS } from '#operator/events/event.ts';
import { INTERCOM_WEBHOOKS, OPERATOR_ANNOTATION } from '#operator/intercom-webhooks.ts';
import { LEASES } from '#operator/leader/lease.ts';
import { annotationOf } from '#operator/marks.ts';
import { CLUSTER_RULES } from '#operator/rbac.ts';
import { usedBy } from '#test/support/audit-log.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { soon } from '#test/support/kube.ts';
import { startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { startNatsServer } from '#test/support/nats-server.ts';
import { operatorAccount, startOperator } from '#test/support/operator.ts';
import { until } from '#test/support/until.ts';
import { webhookInput } from '#test/support/webhook.ts';
import { arrange, childrenIn, closeServers, type Servers } from './installation.ts';

trackLeaks();

const auditLog = join(temporaryFolder('releases'), 'audit.log');

let servers: Servers;
beforeAll(async () => {
  servers = { api: await startKubeApiserver({ auditLog }), nats: await startNatsServer() };
});
afterAll(() => closeServers(servers));

/** A resource with its operator, and a second operator that is told to look after the same namespace. */
async function overlap(rules = CLUSTER_RULES) {
  const scene = await arrange(servers);
  const { kube, namespace, at, write, toBe, account } = scene;
  await write();
  await toBe('StreamsReady', 'Reconciled');
  const other = await operatorAccount(servers.api, kube, rules);
  const home = `${account.namespace}/intercom-operator`;
  const elsewhere = `${other.namespace}/intercom-operator`;
  const env = { NATS_URL: servers.nats.url, WATCH_NAMESPACES: namespace, RESYNC_MS: '2000' };
  const operator = await startOperator(other.kubeconfig, env);
  const holder = async () => {
    const object = await kube.get(INTERCOM_WEBHOOKS, at, soon());
    return object === null ? undefined : annotationOf(object, OPERATOR_ANNOTATION);
  };
  const told = (by = elsewhere) =>
    until(
      async () => {
        const { value } = await kube.pages(EVENTS, { namespace }, soon()).next();
        const about = value?.items.filter(({ reason }) => reason === 'OperatedByAnother');
        return about?.find(({ note }) => String(note).includes(`${by} leaves it`));
      },
      { describe: `${by} to say who looks after it`, timeoutMs: 20_000 },
    );
  const usedOf = (of: string) => usedBy(auditLog, `system:serviceaccount:${of}:operator`).used;
  return { ...scene, other: operator, used: () => usedOf(other.namespace), holder, told, home, elsewhere };
}

const WRITES = /^(create|patch|update|delete) /;

describe('a second operator after the same namespace', () => {
  it('leaves the resource to the first, says so, and writes nothing', async () => {
    const { kube, namespace, other, write, toBe, holder, told, used, home, elsewhere } = await overlap();
    const { note, type } = await told();
    expect(type).toBe('Warning');
    expect(note).toContain(home);
    expect(note).toContain(`set its annotation ${OPERATOR_ANNOTATION} to ${elsewhere}`);
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
    const written = Array.from(used()).filter((each) => WRITES.test(each) && !/leases|events/.test(each));
    expect(written).toEqual([]);
  });

  it('takes over when the first has been uninstalled', async () => {
    const { kube, operator, account, holder, told, home, elsewhere } = await overlap();
    await told();
    await operator.child.close('SIGKILL');
    expect(await holder()).toBe(home);
    await kube.delete(LEASES, { namespace: account.namespace, name: 'intercom-operator' }, soon());
    await until(async () => (await holder()) === elsewhere, { describe: 'it to be taken over', timeoutMs: 15_000 });
  });

  it('gets it when the annotation says so, and the first lets go', async () => {
    const { write, holder, told, home, elsewhere } = await overlap();
    await told();
    await write({}, { annotations: { [OPERATOR_ANNOTATION]: elsewhere } });
    expect((await told(home))['note']).toContain(`the operator ${elsewhere}`);
    expect(await holder()).toBe(elsewhere);
  });

  it('stays away too where it may not read the Lease of the first, and is ready', async () => {
    const { other, told, holder, home } = await overlap(
      CLUSTER_RULES.filter(({ resources }) => !resources.includes('leases')),
    );
    expect((await told())['note']).toContain('has a Lease that may not be read from here');
    expect(await other.ask('/readyz')).toMatchObject({ status: 200 });
    expect(await holder()).toBe(home);
  });
});

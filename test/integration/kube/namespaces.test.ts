import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionsOf, INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { LEASES } from '#operator/leader/lease.ts';
import { CLUSTER_RULES, type PolicyRule } from '#operator/rbac.ts';
import { RBAC, ROLE_BINDINGS, ROLES, soon, testNamespace } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { adminKube, installCrd, operatorAccount, startOperator } from '#test/support/operator.ts';
import { until } from '#test/support/until.ts';
import { webhookInput } from '#test/support/webhook.ts';
import {
  type AuditedServers,
  childrenIn,
  closeServers,
  kindOf,
  namesOf,
  ownStreams,
  RECEIVER,
  secret,
  startAuditedServers,
  streamNames,
  workerOf,
} from './installation.ts';

trackLeaks();

let servers: AuditedServers;
beforeAll(async () => {
  servers = await startAuditedServers();
});
afterAll(() => closeServers(servers));

const isOfCluster = ({ resources }: PolicyRule): boolean =>
  resources.some((each) => each === 'namespaces' || each === 'leases');

/** An operator that may look after these namespaces and, but for the one whose uid stands for the cluster, knows of no other. */
async function operatorOf(allowed: readonly string[], watched: readonly string[] = allowed) {
  const kube = await adminKube(servers.api);
  const account = await operatorAccount(servers.api, kube, CLUSTER_RULES.filter(isOfCluster));
  const subjects = [{ kind: 'ServiceAccount', namespace: account.namespace, name: 'operator' }];
  for (const namespace of allowed) {
    const metadata = { namespace, name: account.namespace };
    const roleRef = { apiGroup: RBAC.group, kind: 'Role', name: metadata.name };
    await kube.create(ROLES, { metadata, rules: CLUSTER_RULES.filter((rule) => !isOfCluster(rule)) }, soon());
    await kube.create(ROLE_BINDINGS, { metadata, roleRef, subjects }, soon());
  }
  const operator = await startOperator(account.kubeconfig, {
    NATS_URL: servers.nats.url,
    WATCH_NAMESPACES: watched.join(','),
  });
  return { operator, home: account.namespace, refused: () => servers.usedBy(account.namespace).refused };
}

/** Namespaces, each with a Secret and a resource `support`, made in this order. */
async function arrange(count: number, spec: object = {}) {
  const kube = await adminKube(servers.api);
  await installCrd(kube);
  const namespaces: string[] = [];
  for (let i = 0; i < count; i += 1) {
    const namespace = await testNamespace(kube);
    await secret(kube, namespace, { 'client-secret': 'c2VjcmV0' });
    const metadata = { namespace, name: 'support' };
    await kube.apply(INTERCOM_WEBHOOKS, { metadata, spec: { ...webhookInput().spec, ...spec } }, soon());
    namespaces.push(namespace);
  }
  const toBe = (namespace: string, type: string, reason: string) =>
    until(async () => (await reasonOf(namespace, type)) === reason, {
      describe: `${type} to be ${reason} in ${namespace}`,
      timeoutMs: 20_000,
    });
  const reasonOf = async (namespace: string, type: string) => {
    const webhook = await kube.get(INTERCOM_WEBHOOKS, { namespace, name: 'support' }, soon());
    return webhook === null ? undefined : conditionsOf(webhook).find((each) => each.type === type)?.reason;
  };
  return { kube, namespaces, toBe, reasonOf };
}

const SERVICES = kindOf('Service');
const ALL = [...RECEIVER, ...workerOf('support')].toSorted();

describe('an operator with a role in each of its namespaces', () => {
  it('looks after these and no other, and beside it another one after others', async () => {
    const { kube, namespaces, toBe } = await arrange(4);
    const [a = '', b = '', c = '', nobodys = ''] = namespaces;
    const [first, second] = await Promise.all([operatorOf([a, b]), operatorOf([c])]);
    for (const namespace of [a, b, c]) {
      await toBe(namespace, 'StreamsReady', 'Reconciled');
      const made = async () => namesOf(await childrenIn(kube, namespace)).filter((name) => ALL.includes(name));
      await until(async () => (await made()).length === ALL.length, {
        describe: `all that is rendered in ${namespace}`,
      });
    }
    expect(await Promise.all([first, second].map(({ operator }) => operator.leads()))).toEqual([true, true]);
    for (const { home, operator } of [first, second]) {
      expect(await kube.get(LEASES, { namespace: home, name: 'intercom-operator' }, soon())).not.toBeNull();
      expect(await operator.ask('/readyz')).toMatchObject({ status: 200 });
    }
    // A change in the second of its namespaces is heard too.
    await kube.delete(SERVICES, { namespace: b, name: 'icw-support-ingress' }, soon());
    await until(() => kube.get(SERVICES, { namespace: b, name: 'icw-support-ingress' }, soon()), {
      describe: 'its Service to be back',
    });
    const streams = await streamNames(servers.nats);
    expect(streams).toEqual(expect.arrayContaining([a, b, c].flatMap(ownStreams)));
    expect(streams.filter((name) => ownStreams(nobodys).includes(name))).toEqual([]);
    expect(namesOf(await childrenIn(kube, nobodys))).toEqual([]);
    const untouched = await kube.get(INTERCOM_WEBHOOKS, { namespace: nobodys, name: 'support' }, soon());
    expect(untouched).not.toHaveProperty('status');
    expect([...first.refused(), ...second.refused()]).toEqual([]);
  });

  it('knows of no resource elsewhere that has the same host and path', async () => {
    const { namespaces, toBe, reasonOf } = await arrange(3, { endpoint: { host: 'hooks.example.com' } });
    const [one = '', rival = '', elsewhere = ''] = namespaces;
    await Promise.all([operatorOf([one, rival]), operatorOf([elsewhere])]);
    // Made within one second, either may be the elder: creation times have no fractions, then the uid decides.
    const isShared = async () => {
      const reasons = new Set(await Promise.all([one, rival].map((namespace) => reasonOf(namespace, 'Accepted'))));
      return reasons.has('Parsed') && reasons.has('EndpointConflict');
    };
    await until(isShared, { describe: 'one of the two to have the path', timeoutMs: 20_000 });
    await toBe(elsewhere, 'Accepted', 'Parsed');
  });

  it('has one series for a kind, however many namespaces there are', async () => {
    const { namespaces } = await arrange(3);
    const { operator } = await operatorOf(namespaces);
    await until(async () => (await operator.ask('/readyz')).status === 200, { describe: 'the operator to be ready' });
    const { text } = await operator.ask('/metrics');
    expect(text.match(/^intercom_operator_watch_silent_seconds\{resource="services"\} \S+$/gm)).toHaveLength(1);
    expect(text).toContain('intercom_operator_watch_relists_total{resource="services"} 3');
    expect(namespaces.filter((namespace) => text.includes(namespace))).toEqual([]);
  });

  it('leads not before it has a role in each, and says in which it has none', async () => {
    const { namespaces } = await arrange(2);
    const [allowed = '', forbidden = ''] = namespaces;
    const { operator } = await operatorOf([allowed], namespaces);
    const said = await until(
      async () => {
        const { status, text } = await operator.ask('/readyz');
        return text.includes(`list services ${forbidden}`) && !text.includes(allowed) ? { status } : null;
      },
      { describe: 'only what is missing to be said', timeoutMs: 20_000 },
    );
    expect(said).toEqual({ status: 503 });
    expect(await operator.leads()).toBe(false);
  });
});

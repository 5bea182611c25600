import { randomBytes } from 'node:crypto';
import * as https from 'node:https';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { FaultProxy } from '#cli/drill/proxy.ts';
import type { Connection } from '#operator/kube/connection.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { pathOf, type Resource } from '#operator/kube/resource.ts';
import {
  adminConnection,
  CONFIG_MAPS,
  configMap,
  serviceAccountConnection,
  sharedKubeconfig,
  soon,
  testKube,
} from '#test/support/kube.ts';
import { serverMetric } from '#test/support/kube-metrics.ts';
import { startTestMirror } from '#test/support/kube-mirror.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

let admin: Connection;
beforeAll(async () => {
  admin = await adminConnection(sharedKubeconfig());
});

const FLOW_CONTROL = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1' };
const FLOW_SCHEMAS: Resource = { ...FLOW_CONTROL, kind: 'FlowSchema', plural: 'flowschemas' };
const PRIORITY_LEVELS: Resource = {
  ...FLOW_CONTROL,
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
};
const RULES = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create'] }];

async function behindProxy() {
  const proxy = await FaultProxy.open(admin.server.href);
  onTestFinished(() => proxy.close());
  return { proxy, watched: { ...admin, server: new URL(proxy.url.replace(/^\w+:/, 'https:')) } };
}

/**
 * Makes the API server answer 429 to everything that a service account asks, until `open`. Its requests go to a priority
 * level with room for one at a time, which is taken by a request of its own whose body never ends.
 */
async function overload(kube: Kube, account: Connection) {
  const metadata = { name: `test-${randomBytes(4).toString('hex')}` };
  const limited = {
    nominalConcurrencyShares: 0,
    lendablePercent: 0,
    borrowingLimitPercent: 0,
    limitResponse: { type: 'Reject' },
  };
  await kube.create(PRIORITY_LEVELS, { metadata, spec: { type: 'Limited', limited } }, soon());
  onTestFinished(async () => {
    await kube.delete(PRIORITY_LEVELS, metadata, soon());
  });
  const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };
  const serviceAccount = { namespace: account.namespace, name: 'limited' };
  const rules = [{ subjects: [{ kind: 'ServiceAccount', serviceAccount }], resourceRules: [all] }];
  // Before every other schema but the one that exempts administrators.
  const spec = { priorityLevelConfiguration: metadata, matchingPrecedence: 2, rules };
  await kube.create(FLOW_SCHEMAS, { metadata, spec }, soon());
  onTestFinished(async () => {
    await kube.delete(FLOW_SCHEMAS, metadata, soon());
  });
  const count = (what: string) => serverMetric(admin, `apiserver_flowcontrol_${what}`, { flow_schema: metadata.name });
  let open = () => {};
  onTestFinished(() => open());
  await until(
    async () => {
      open();
      open = await beginToWrite(account);
      return (await count('current_executing_requests')) === 1;
    },
    { describe: 'the only place to be taken', everyMs: 200 },
  );
  return { open: () => open(), refused: () => count('rejected_requests_total') };
}

/** @returns what breaks it off */
async function beginToWrite(account: Connection): Promise<() => void> {
  const { token, tls } = await account.credentials();
  const { namespace } = account;
  const request = https.request(new URL(pathOf(CONFIG_MAPS, { namespace }), account.server), {
    ...tls,
    method: 'POST',
    agent: false,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': 1000 },
  });
  request.on('error', () => {});
  request.write('{');
  return () => void request.destroy();
}

it('waits out an API server that answers 429, at the pace that it asks for, and misses nothing', async () => {
  let limited = admin;
  const copy = await startTestMirror({
    direct: admin,
    watched: async ({ admin: kube, namespace }) => {
      limited = await serviceAccountConnection(admin, { kube, namespace, rules: RULES });
      return limited;
    },
  });
  await copy.reflector.whenSynced();
  await copy.write('a', '1');
  await copy.settle();
  const { open, refused } = await overload(copy.admin, limited);
  await until(async () => (await refused()) > 0, { describe: 'the first 429' });
  const startedMs = performance.now();
  const called = testKube(limited).get(CONFIG_MAPS, { namespace: copy.namespace, name: 'a' }, soon());
  await copy.write('a', '2');
  await copy.admin.delete(CONFIG_MAPS, { namespace: copy.namespace, name: 'a' }, soon());
  await copy.write('b', '1');
  await until(() => copy.failures().length >= 4, { describe: 'four watches to be refused' });
  const seconds = (performance.now() - startedMs) / 1000;
  // The API server asks for a second each time.
  expect(seconds).toBeGreaterThan(2);
  // One who watches and one who calls, and what was on its way before.
  expect(await refused()).toBeLessThanOrEqual(2 * (seconds + 1) + 1);
  open();
  await copy.settle();
  // What was asked for while nothing was to be had is answered.
  expect(await called).toBeNull();
  expect(new Set(copy.failures())).toEqual(new Set(['unavailable']));
  expect(copy.store.get(`${copy.namespace}/a`)).toBeNull();
  expect(copy.lists()).toBe(1);
});

it('misses nothing over 100 watches that are cut off as soon as they work, with few requests for each', async () => {
  const { proxy, watched } = await behindProxy();
  const copy = await startTestMirror({ direct: admin, watched, timing: { healthyMs: 0 } });
  await copy.reflector.whenSynced();
  const joined = proxy.joined;
  for (let round = 0; round < 100; round += 1) {
    await copy.write(`a${round % 7}`, `seen ${round}`);
    await until(() => copy.notified.length > round, { describe: 'the watch to work', everyMs: 2 });
    await proxy.behave({ kind: 'refuse' });
    await copy.write(`b${round % 5}`, `unseen ${round}`);
    await proxy.behave({ kind: 'pass' });
    await copy.settle();
  }
  expect(copy.lists()).toBe(1);
  expect(copy.failures().length).toBeGreaterThanOrEqual(100);
  // One that works for each that was cut off, and seldom one that came into the middle of the next cut.
  expect(proxy.joined - joined).toBeLessThanOrEqual(150);
  expect(copy.failures().length).toBeLessThanOrEqual(300);
});

it('takes a list that is so slow that everything changes under it', async () => {
  const { proxy, watched } = await behindProxy();
  const names = Array.from({ length: 200 }, (_, i) => `a${String(i).padStart(3, '0')}`);
  await proxy.behave({ kind: 'late', delayMs: 400 });
  const copy = await startTestMirror({
    direct: admin,
    watched,
    before: async ({ admin: kube, namespace }) => {
      await Promise.all(names.map((name) => kube.create(CONFIG_MAPS, configMap(namespace, name), soon())));
    },
  });
  await until(() => copy.store.size > 0, { describe: 'the first page' });
  expect(copy.store.size).toBeLessThan(names.length);
  // One that was listed already, one that was not yet, and one that the list will never hold.
  await copy.write('a000', 'changed');
  await copy.admin.delete(CONFIG_MAPS, { namespace: copy.namespace, name: 'a001' }, soon());
  await copy.admin.delete(CONFIG_MAPS, { namespace: copy.namespace, name: 'a199' }, soon());
  await copy.write('a198', 'changed');
  await copy.write('b', 'new');
  await copy.reflector.whenSynced();
  await copy.settle();
  expect(copy.store.size).toBe(names.length - 1);
  expect(copy.store.get(`${copy.namespace}/a000`)).toMatchObject({ data: { value: 'changed' } });
  expect(copy.lists()).toBe(1);
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Status } from '#operator/api/status.ts';
import { EVENTS } from '#operator/events/event.ts';
import { conditionsOf, INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { LEASES } from '#operator/leader/lease.ts';
import { CLUSTER_RULES } from '#operator/rbac.ts';
import { soon, testNamespace } from '#test/support/kube.ts';
import { type KubeApiserver, startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsServer, startNatsServer } from '#test/support/nats-server.ts';
import { adminKube, installCrd, operatorAccount, startOperator, uninstallCrd } from '#test/support/operator.ts';
import type { OperatorProcess } from '#test/support/operator-process.ts';
import { until } from '#test/support/until.ts';
import { webhookInput } from '#test/support/webhook.ts';
import { installOlderCrd } from './installation.ts';

trackLeaks();

/** A server of its own: these tests install and remove a CRD, and kill it. */
let server: KubeApiserver;
let kube: Kube;
let nats: NatsServer;
beforeAll(async () => {
  server = await startKubeApiserver();
  nats = await startNatsServer();
});
afterAll(async () => {
  await server.close();
  await nats.close();
});
beforeEach(async ({ onTestFailed }) => {
  onTestFailed(() => void process.stderr.write(`${server.log().slice(-2000)}\n`));
  kube = await adminKube(server);
  await installCrd(kube);
});

const create = (namespace: string, name: string, spec: object = webhookInput().spec) =>
  kube.create(INTERCOM_WEBHOOKS, { metadata: { namespace, name }, spec }, soon());

const acceptedOf = async (namespace: string, name: string) => {
  const webhook = await kube.get(INTERCOM_WEBHOOKS, { namespace, name }, soon());
  return webhook === null ? undefined : conditionsOf(webhook).find(({ type }) => type === 'Accepted');
};

const toBeAccepted = (namespace: string, name: string) =>
  until(() => acceptedOf(namespace, name), { describe: `${name} to have a condition`, timeoutMs: 20_000 });

const toLead = (operator: OperatorProcess, timeoutMs = 20_000) =>
  until(() => operator.leads(), { describe: 'the operator to lead', timeoutMs });

const toBeReady = (operator: OperatorProcess) =>
  until(async () => (await operator.ask('/readyz')).status === 200, { describe: 'to be ready', timeoutMs: 30_000 });

describe('an operator with the least role', () => {
  it('says of each resource whether it can be worked with', async () => {
    const account = await operatorAccount(server, kube);
    const namespace = await testNamespace(kube);
    const operator = await startOperator(account.kubeconfig);
    await toBeReady(operator);
    const { metadata } = await create(namespace, 'support');
    expect(await toBeAccepted(namespace, 'support')).toMatchObject({
      status: 'True',
      reason: 'Parsed',
      observedGeneration: metadata.generation,
    });
  });

  it('names the field of a resource that only an older CRD let in, once as an Event too', async () => {
    const account = await operatorAccount(server, kube);
    const namespace = await testNamespace(kube);
    await installOlderCrd(kube);
    const operator = await startOperator(account.kubeconfig);
    await toLead(operator);
    await until(() => create(namespace, 'old', { ...webhookInput().spec, deletionPolicy: 'Shred' }), {
      describe: 'the older CRD to be in force',
    });
    const condition = await toBeAccepted(namespace, 'old');
    expect(condition).toMatchObject({ status: 'False', reason: 'Invalid', observedGeneration: 1 });
    expect(condition.message).toMatch(/^spec\.deletionPolicy: /);
    const event = await until(
      async () => {
        const { value: page } = await kube.pages(EVENTS, { namespace }, soon()).next();
        return page?.items.find((each) => each['reason'] === 'Invalid');
      },
      { describe: 'an Event' },
    );
    expect(event).toMatchObject({ type: 'Warning', note: `Accepted: ${condition.message}`, action: 'Reconcile' });
    const spec = { ...webhookInput().spec, deletionPolicy: 'Retain' };
    await kube.apply(INTERCOM_WEBHOOKS, { metadata: { namespace, name: 'old' }, spec }, { ...soon(), force: true });
    await until(async () => (await acceptedOf(namespace, 'old'))?.status === 'True', { describe: 'to be accepted' });
  });

  it('says in /readyz and the log which verb on which resource it lacks, and goes on when it gets it', async () => {
    const [read, status, ...others] = CLUSTER_RULES;
    if (read === undefined || status === undefined) return expect.unreachable('no such rules');
    const account = await operatorAccount(server, kube, []);
    const namespace = await testNamespace(kube);
    await create(namespace, 'support');
    const operator = await startOperator(account.kubeconfig);
    const lacks = async (what: string) =>
      until(async () => (await operator.ask('/readyz')).text.includes(what), { describe: what, timeoutMs: 20_000 });
    await lacks('list intercomwebhooks.intercom-operator.io');
    expect((await operator.ask('/readyz')).text).toMatch(/^the role does not allow: /);
    expect((await operator.ask('/readyz')).status).toBe(503);
    expect(operator.child.log()).toMatch(/cannot list intercomwebhooks\.intercom-operator\.io: forbidden/);

    await account.allow([{ ...read, verbs: ['list'] }, ...others]);
    await lacks('cannot watch intercomwebhooks.intercom-operator.io: forbidden');
    await account.allow([read, ...others]);
    await lacks('the role does not allow: patch intercomwebhooks.intercom-operator.io/status');
    expect(operator.child.log()).toMatch(/cannot apply intercomwebhooks\.intercom-operator\.io\/status .*: forbidden/);

    await account.allow(CLUSTER_RULES);
    await toBeAccepted(namespace, 'support');
    await toBeReady(operator);
  });

  it('is not ready without the CRD, says so, and works when it is installed', async () => {
    const account = await operatorAccount(server, kube);
    const namespace = await testNamespace(kube);
    await uninstallCrd(kube);
    await until(
      async () =>
        (await kube
          .pages(INTERCOM_WEBHOOKS, {}, soon())
          .next()
          .catch(() => null)) === null,
      {
        describe: 'the CRD to be gone',
      },
    );
    const operator = await startOperator(account.kubeconfig);
    const reason = 'intercomwebhooks.intercom-operator.io is not served: is its CustomResourceDefinition installed?\n';
    // At first it waits for other lists too.
    const saysWhy = async () => {
      const { status, text } = await operator.ask('/readyz');
      return status === 503 && text === reason;
    };
    await until(saysWhy, { describe: 'that reason alone' });
    expect(await operator.leads()).toBe(false);
    await installCrd(kube);
    await toBeReady(operator);
    await create(namespace, 'support');
    await toBeAccepted(namespace, 'support');
  });

  it('goes on after the API server was killed and started again', async () => {
    const account = await operatorAccount(server, kube);
    const namespace = await testNamespace(kube);
    const operator = await startOperator(account.kubeconfig);
    await toLead(operator);
    await create(namespace, 'before');
    await toBeAccepted(namespace, 'before');
    await server.kill();
    await server.restart();
    await create(namespace, 'after');
    await toBeAccepted(namespace, 'after');
    await toLead(operator);
    expect(operator.child.isRunning).toBe(true);
  });
});

describe('two replicas', () => {
  const pair = async () => {
    const account = await operatorAccount(server, kube);
    const first = await startOperator(account.kubeconfig, { NATS_URL: nats.url });
    await toLead(first);
    const second = await startOperator(account.kubeconfig, { NATS_URL: nats.url });
    await toBeReady(second);
    expect(await second.leads()).toBe(false);
    return { first, second };
  };

  it('hand over within 2 s of SIGTERM', async () => {
    const { first, second } = await pair();
    const namespace = await testNamespace(kube);
    const startedMs = performance.now();
    first.child.stop('SIGTERM').catch(() => {});
    await toLead(second);
    const tookMs = performance.now() - startedMs;
    process.stderr.write(`hand-over after SIGTERM: ${Math.round(tookMs)} ms\n`);
    expect(tookMs).toBeLessThan(2000);
    await create(namespace, 'support');
    await toBeAccepted(namespace, 'support');
    await until(() => !first.child.isRunning, { describe: 'the first to end' });
    expect(first.child.log()).toContain('"clean":true');
  });

  it('go on within 15 s of a SIGKILL, and the other does what there was to do', async () => {
    const { first, second } = await pair();
    const namespace = await testNamespace(kube);
    const startedMs = performance.now();
    await first.child.stop('SIGKILL');
    await create(namespace, 'meanwhile');
    await toLead(second);
    const tookMs = performance.now() - startedMs;
    process.stderr.write(`fail-over after SIGKILL: ${Math.round(tookMs)} ms\n`);
    expect(tookMs).toBeLessThan(15_000);
    await toBeAccepted(namespace, 'meanwhile');
  });

  it('never lead both: one that stood still for longer than its lease leaves it to the other', async () => {
    const { first, second } = await pair();
    const namespace = await testNamespace(kube);
    await first.child.freeze();
    await toLead(second);
    first.child.thaw();
    await until(async () => !(await first.leads()), { describe: 'the first to notice' });
    expect(await second.leads()).toBe(true);
    await create(namespace, 'support');
    await toBeAccepted(namespace, 'support');
    expect(await first.metric('intercom_operator_reconciles_total{outcome="failed"}')).toBe(0);
  });
});

describe('a flood', () => {
  const COUNT = 60;

  it(`of ${COUNT} resources is worked off, and then nothing but the Lease is written`, async () => {
    const account = await operatorAccount(server, kube);
    const namespace = await testNamespace(kube);
    const operator = await startOperator(account.kubeconfig, { NATS_URL: nats.url, WATCH_NAMESPACES: namespace });
    await toLead(operator);
    const names = Array.from({ length: COUNT }, (_, i) => `w${i}`);
    // nats-server sets aside what a stream may hold.
    const spec = { ...webhookInput().spec, retention: { maxBytes: '4Mi' } };
    await Promise.all(names.map((name) => create(namespace, name, spec)));
    const known = async (): Promise<boolean> => {
      const statuses: Status[] = [];
      for await (const { items } of kube.pages(INTERCOM_WEBHOOKS, { namespace }, soon())) {
        statuses.push(...items.map((webhook) => WithStatus.parse(webhook).status));
      }
      return statuses.length === COUNT && statuses.every(({ totals }) => totals !== undefined);
    };
    await until(known, { describe: 'all to be looked at', timeoutMs: 90_000, everyMs: 500 });

    const writes = async () => {
      const { text } = await operator.ask('/metrics');
      const lines = text.split('\n').filter((line) => line.startsWith('intercom_operator_kube_call_seconds_count'));
      const count = (pattern: RegExp) =>
        lines.filter((line) => pattern.test(line)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
      return {
        lease: count(/verb="replace",resource="leases/),
        others: count(/verb="(?:create|replace|apply|delete)",resource="(?!leases)/),
      };
    };
    const before = await writes();
    // 10 s of the Lease's, which is renewed every 2 s.
    await until(async () => (await writes()).lease >= before.lease + 5, {
      describe: 'five renewals',
      timeoutMs: 20_000,
    });
    expect((await writes()).others).toBe(before.others);
    const lease = await kube.get(LEASES, { namespace: account.namespace, name: 'intercom-operator' }, soon());
    expect(lease?.['spec']).toMatchObject({ leaseDurationSeconds: 10, leaseTransitions: 0 });

    // One that starts anew finds all as it is to be, what waits in NATS included.
    await operator.child.restart();
    const passes = () => operator.metric('intercom_operator_reconciles_total{outcome="requeue"}');
    await until(async () => (await passes()) >= COUNT, { describe: 'a look at all', timeoutMs: 60_000 });
    expect((await writes()).others).toBe(0);
    await operator.child.close('SIGKILL');
  }, 150_000);
});

const WithStatus = z.looseObject({ status: Status.default({}) });

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HTTP_ROUTES, SECRETS, WATCHED } from '#operator/children.ts';
import { RENDERED_ANNOTATION } from '#operator/drift.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { operatorName, otherOperatorOf } from '#operator/ownership.ts';
import { CLUSTER_RULES, NAMESPACE_RULES } from '#operator/rbac.ts';
import { grantedBy, usedBy } from '#test/support/audit-log.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { installHttpRoutes } from '#test/support/gateway-api.ts';
import { soon } from '#test/support/kube.ts';
import { startKubeApiserver } from '#test/support/kube-apiserver.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsTenants, newOperatorSeed, startNatsTenants } from '#test/support/nats-tenants.ts';
import { until } from '#test/support/until.ts';
import { webhookInput } from '#test/support/webhook.ts';
import { arrange, childrenIn, DEPLOYMENTS, kindOf, namesOf, type Servers, secret } from './installation.ts';

trackLeaks();

const folder = temporaryFolder('rbac');
const auditLog = join(folder, 'audit.log');
/** With it each process gets a Secret to log in to NATS with. */
const seedFile = join(folder, 'operator.seed');

let tenants: NatsTenants;
let servers: Servers;
beforeAll(async () => {
  const operatorSeed = newOperatorSeed();
  writeFileSync(seedFile, operatorSeed);
  tenants = await startNatsTenants({ operatorSeed });
  servers = { api: await startKubeApiserver({ auditLog }), nats: tenants.server };
});
afterAll(async () => {
  await servers.api.close();
  await tenants.close();
});

const arrangeHere = () => arrange(servers, { NATS_OPERATOR_SEED_FILE: seedFile, WATCH_NAMESPACES: '' });

/**
 * Asked for by no request: the plugin OwnerReferencesPermissionEnforcement looks whether whoever names an owner whose
 * deletion waits for the object may hold that up. Below, one who may not is refused.
 */
const ASKED_BY_ADMISSION = ['update intercom-operator.io/intercomwebhooks/finalizers'];

type Scene = Awaited<ReturnType<typeof arrangeHere>>;

const OTHER = { name: 'other', builtin: { type: 'Noop' } };

/** From nothing to nothing, with everything on the way for which the operator has a way. */
const SCENARIO: readonly (readonly [what: string, step: (scene: Scene) => Promise<unknown>])[] = [
  [
    'a resource is created, of whose missing Secret an Event tells: it gets a finalizer, streams, objects, a status',
    async ({ write, toBe, kube, namespace }) => {
      await kube.delete(SECRETS, { namespace, name: 'intercom-support' }, soon());
      await write({ deletionPolicy: 'Delete', handlers: [...webhookInput().spec.handlers, OTHER] });
      await toBe('SecretsResolved', 'Missing');
      await secret(kube, namespace, { 'client-secret': 'c2VjcmV0' });
      await toBe('SecretsResolved', 'Resolved');
      await toBe('StreamsReady', 'Reconciled');
    },
  ],
  [
    'a handler is removed, with what it logs in to NATS with',
    async ({ write, kube, namespace }) => {
      const ref = { namespace, name: 'icw-support-other-worker-nats' };
      expect(await kube.get(SECRETS, ref, soon())).not.toBeNull();
      await write({ deletionPolicy: 'Delete' });
      await until(async () => (await kube.get(SECRETS, ref, soon())) === null, { describe: 'it to go' });
    },
  ],
  [
    'an object is deleted by hand',
    async ({ kube, namespace }) => {
      const ref = { namespace, name: 'icw-support-ingress' };
      await kube.delete(kindOf('Service'), ref, soon());
      await until(() => kube.get(kindOf('Service'), ref, soon()), { describe: 'it to be back' });
      await changeAll({ kube, namespace });
    },
  ],
  [
    'the receiver gets a disk of its own',
    async ({ write, kube, namespace }) => {
      await write({ deletionPolicy: 'Delete', receiver: { spool: { storage: 'Persistent' } } });
      const ref = { namespace, name: 'icw-support-ingress' };
      await until(() => kube.get(kindOf('StatefulSet'), ref, soon()), { describe: 'its StatefulSet' });
      await until(async () => (await kube.get(DEPLOYMENTS, ref, soon())) === null, {
        describe: 'its Deployment to go',
      });
      await changeAll({ kube, namespace });
    },
  ],
  [
    'it is reached by an Ingress, then by a Gateway that was not there before, then as at first',
    async ({ write, toBe, kube, namespace }) => {
      const common = { deletionPolicy: 'Delete', receiver: { spool: { storage: 'Persistent' } } };
      const host = 'hooks.example.com';
      const gateway = { parentRefs: [{ name: 'public' }] };
      await write({ ...common, endpoint: { type: 'Ingress', host } });
      await toBe('RouteReady', 'Waiting');
      await changeAll({ kube, namespace });
      await write({ ...common, endpoint: { type: 'Gateway', host, gateway } });
      await toBe('RouteReady', 'GatewayApiMissing');
      await installHttpRoutes(kube);
      const ref = { namespace, name: 'icw-support-ingress' };
      await until(() => kube.get(HTTP_ROUTES, ref, soon()), { describe: 'its HTTPRoute', timeoutMs: 30_000 });
      await changeAll({ kube, namespace }, [HTTP_ROUTES]);
      await write(common);
      await until(async () => (await kube.get(HTTP_ROUTES, ref, soon())) === null, { describe: 'it to go' });
    },
  ],
  [
    'there are objects of each kind that another release has made, and this one does not ask for',
    async ({ kube, namespace }) => {
      for (const { metadata, kind, ...rest } of await childrenIn(kube, namespace)) {
        const { labels, ownerReferences } = metadata as { labels?: object; ownerReferences?: readonly object[] };
        const copy = {
          metadata: { namespace, name: `${metadata.name}-old`, labels, ownerReferences },
          ...made(kind, rest),
        };
        await kube.create(kindOf(kind), copy, soon());
      }
      await until(async () => namesOf(await childrenIn(kube, namespace)).every((name) => !name.endsWith('-old')), {
        describe: 'them to go',
      });
    },
  ],
  [
    'it says that another operator looks after it, which has been uninstalled',
    async ({ kube, at, account }) => {
      const status = { operator: 'elsewhere/intercom-operator' };
      await kube.applyStatus(INTERCOM_WEBHOOKS, { metadata: at, status }, { ...soon(), force: true });
      const self = operatorName(account.namespace, 'intercom-operator');
      const isTakenOver = async () => {
        const object = await kube.get(INTERCOM_WEBHOOKS, at, soon());
        return object !== null && otherOperatorOf(object, self) === null;
      };
      await until(isTakenOver, { describe: 'it to be taken over' });
    },
  ],
  [
    'the resource is deleted, its streams before it',
    async ({ kube, at }) => {
      await kube.delete(INTERCOM_WEBHOOKS, at, soon());
      await until(async () => (await kube.get(INTERCOM_WEBHOOKS, at, soon())) === null, { describe: 'it to go' });
    },
  ],
];

/** Somebody changes every object of these kinds that is there; what was created is then applied for the first time. */
async function changeAll({ kube, namespace }: Pick<Scene, 'kube' | 'namespace'>, kinds = WATCHED): Promise<void> {
  const hash = (object: KubeObject) => (object.metadata['annotations'] as Record<string, string>)[RENDERED_ANNOTATION];
  const all = () => childrenIn(kube, namespace, kinds);
  for (const { kind, metadata } of await all()) {
    const resource = kinds.find((each) => each.kind === kind) ?? expect.unreachable(kind);
    const changed = { namespace, name: metadata.name, annotations: { [RENDERED_ANNOTATION]: 'changed' } };
    await kube.apply(resource, { metadata: changed }, { ...soon(), force: true });
  }
  await until(async () => (await all()).every((object) => hash(object) !== 'changed'), {
    describe: 'them to be put back',
    timeoutMs: 15_000,
  });
}

/** What a copy needs beside its metadata; a Service without the addresses of the first. */
function made(kind: string, { spec }: Readonly<Record<string, unknown>>): object {
  if (kind !== 'Service') return spec === undefined ? {} : { spec };
  const { selector, ports } = spec as { selector: object; ports: object[] };
  return { spec: { selector, ports } };
}

it('uses every verb of its roles, and needs no other', async () => {
  const scene = await arrangeHere();
  for (const [what, step] of SCENARIO) {
    await step(scene).catch((cause: unknown) => expect.unreachable(`${what}: ${String(cause)}`));
  }
  const user = `system:serviceaccount:${scene.account.namespace}:operator`;
  const granted = grantedBy([...CLUSTER_RULES, ...NAMESPACE_RULES]);
  await until(
    () => {
      const { used, refused } = usedBy(auditLog, user);
      expect(refused).toEqual([]);
      expect([...used, ...ASKED_BY_ADMISSION].toSorted()).toEqual([...granted].toSorted());
      return true;
    },
    // The Lease is renewed every two seconds.
    { describe: 'what is used to be what is granted' },
  );
});

it('cannot make an object that holds up the deletion of its resource where it may not say so', async () => {
  const { write, toBe, account } = await arrangeHere();
  const without = CLUSTER_RULES.filter(({ resources }) => !resources.includes('intercomwebhooks/finalizers'));
  expect(without).toHaveLength(CLUSTER_RULES.length - 1);
  await account.allow(without);
  await write();
  const { message } = await toBe('Accepted', 'Refused');
  expect(message).toContain('cannot set blockOwnerDeletion');
  await account.allow(CLUSTER_RULES);
  await toBe('Accepted', 'Parsed');
});

import { describe, expect, it } from 'vitest';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { apply } from '#operator/apply.ts';
import { childName, HTTP_ROUTES, WATCHED } from '#operator/children.ts';
import { byOwner, createChildren, trimmedChild } from '#operator/children-view.ts';
import { stamped } from '#operator/drift.ts';
import type { Blocked } from '#operator/gate.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { createStore } from '#operator/kube/store.ts';
import { controllerReference } from '#operator/owner-references.ts';
import { render } from '#operator/render/render.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhook } from '#test/support/webhook.ts';
import { createMemoryApi } from './memory-api.ts';
import { resource, served, UID } from './objects.ts';

const OWNER = resource();
const handlers = (...names: string[]) => names.map((name) => ({ name, builtin: {} }));
const RECEIVER = 'Deployment icw-support-ingress';

function scene() {
  const api = createMemoryApi();
  const stores = new Map<string, ReturnType<typeof storeOf>>();
  const storeOf = () =>
    createStore({ indexes: byOwner, concerns: () => [], notify: () => {}, trim: (object) => trimmedChild(object) });
  for (const { kind } of [HTTP_ROUTES, ...WATCHED]) stores.set(kind, storeOf());
  const children = createChildren([...stores.values()], createFakeClock());
  /** A watch tells of everything that is there. */
  const hear = () => {
    for (const [kind, store] of stores) {
      const there = [...api.objects.values()].filter((object) => object.kind === kind);
      for (const object of there) store.put(object);
      store.retain(new Set(there.map(({ metadata }) => metadata.uid)));
    }
  };
  const pass = async (of: IntercomWebhook, blocked: Blocked = new Map()) => {
    api.calls.length = 0;
    const rendered = render(of, renderFacts());
    const signal = new AbortController().signal;
    return apply(OWNER, { rendered, blocked }, { kube: api.kube, children }, signal);
  };
  const change = (name: string, to: (object: KubeObject) => KubeObject) => {
    const before = api.objects.get(name);
    if (before === undefined) expect.unreachable(name);
    api.put(to(before));
    hear();
  };
  const names = () => [...api.objects.keys()].toSorted();
  const replicas = (name: string) => (api.objects.get(name)?.['spec'] as { replicas?: number } | undefined)?.replicas;
  return { api, hear, pass, change, names, replicas, children };
}

const rendersOf = (of: IntercomWebhook) => render(of, renderFacts()).map(childName);
const writes = (calls: readonly string[]) => calls.filter((call) => !call.startsWith('get'));
const FOREIGN = { apiVersion: 'v1', kind: 'ConfigMap' };
const available = (object: KubeObject): KubeObject => ({ ...object, status: { replicas: 2, availableReplicas: 2 } });

describe('what is rendered', () => {
  it('is made, workloads last, and not again: neither before it was heard of nor after', async () => {
    const { api, hear, pass, names } = scene();
    expect(await pass(webhook())).toEqual([]);
    expect(names()).toEqual(rendersOf(webhook()).toSorted());
    const kinds = writes(api.calls).map((call) => call.split(' ')[1]);
    expect(kinds.findIndex((kind) => kind === 'Deployment')).toBe(kinds.length - 2);
    await pass(webhook());
    expect(api.calls).toEqual([]);
    hear();
    await pass(webhook());
    expect(api.calls).toEqual([]);
  });

  it('is put back where it was changed, and what others added is left', async () => {
    const { api, hear, pass, change } = scene();
    await pass(webhook());
    hear();
    change('ConfigMap icw-support-ingress', (object) => ({ ...object, data: { MAX_BODY_BYTES: '1' } }));
    change('ServiceAccount icw-support-ingress', (object) => ({ ...object, secrets: [{ name: 'theirs' }] }));
    await pass(webhook());
    // What was created has to become what was applied, once.
    expect(api.calls).toEqual(['patch ConfigMap icw-support-ingress', 'apply ConfigMap icw-support-ingress']);
    hear();
    change('ConfigMap icw-support-ingress', (object) => ({ ...object, data: { MAX_BODY_BYTES: '2' } }));
    await pass(webhook());
    expect(api.calls).toEqual(['apply ConfigMap icw-support-ingress']);
  });

  it('is left alone while its part is blocked, whether it is as desired, different, missing or too many', async () => {
    const { api, hear, pass, change } = scene();
    await pass(webhook({ handlers: handlers('support', 'other') }));
    hear();
    change('ConfigMap icw-support-ingress', (object) => ({ ...object, data: {} }));
    api.objects.delete('Service icw-support-ingress');
    hear();
    const less = webhook({ receiver: { scaling: { minReplicas: 1 } }, handlers: handlers('support') });
    await pass(less, new Map([['receiver', 'why']]));
    expect(writes(api.calls).every((call) => call.includes('icw-support-other-worker'))).toBe(true);
    expect(writes(api.calls)).toContain('delete Deployment icw-support-other-worker');
    expect(api.objects.has('PodDisruptionBudget icw-support-ingress')).toBe(true);
  });

  it('goes on with the rest where one is refused, and says which', async () => {
    const { api, pass, names } = scene();
    api.fail('ConfigMap icw-support-ingress', 'invalid');
    const unapplied = await pass(webhook());
    expect(unapplied).toMatchObject([{ part: 'receiver', kind: 'failed', error: { kind: 'invalid' } }]);
    expect(unapplied[0]?.error.message).toContain('icw-support-ingress');
    expect(names()).toHaveLength(rendersOf(webhook()).length - 1);
  });
});

describe('a name that somebody else has', () => {
  const taken = (ownerReferences: object[] = []) =>
    served({ ...FOREIGN, metadata: { name: 'icw-support-ingress', ownerReferences: ownerReferences as [] } });
  const reference = { apiVersion: 'v1', kind: 'Release', name: 'crm' };

  it.each([
    ['nobody owns it', []],
    ['belongs to Release crm', [controllerReference({ ...reference, uid: 'other' })]],
    // A resource of that name that was deleted, and what it had is about to be.
    [
      'belongs to IntercomWebhook support',
      [controllerReference({ ...reference, kind: 'IntercomWebhook', name: 'support', uid: 'before' })],
    ],
    ['nobody owns it', [{ ...reference, uid: UID }]],
  ])('is left to them: %s', async (why, references) => {
    const { api, pass } = scene();
    const before = structuredClone(api.put(taken(references)));
    const unapplied = await pass(webhook());
    expect(unapplied).toMatchObject([{ part: 'receiver', kind: 'taken' }]);
    expect(unapplied[0]?.error.message).toBe(
      `ConfigMap icw-support-ingress is there already, and ${why}: rename it, or this resource`,
    );
    expect(api.objects.get('ConfigMap icw-support-ingress')).toEqual(before);
  });
});

describe('what is no longer rendered', () => {
  it('is deleted, and nothing that is only said to be ours', async () => {
    const { api, hear, pass, names } = scene();
    await pass(webhook({ handlers: handlers('support', 'other') }));
    const copy = api.objects.get('ConfigMap icw-support-ingress');
    if (copy === undefined) expect.unreachable();
    const ownerReferences = [{ apiVersion: 'v1', kind: 'IntercomWebhook', name: 'support', uid: UID }];
    api.put({ ...copy, metadata: { ...copy.metadata, name: 'theirs', uid: 'theirs', ownerReferences } });
    hear();
    await pass(webhook({ handlers: handlers('support') }));
    expect(names()).toEqual([...rendersOf(webhook()), 'ConfigMap theirs'].toSorted());
  });

  it('is no matter where it has gone meanwhile, and another has its name', async () => {
    const { api, hear, pass } = scene();
    await pass(webhook({ handlers: handlers('support', 'other') }));
    hear();
    const other = served({ ...FOREIGN, metadata: { name: 'icw-support-other-worker' } });
    api.put({ ...other, metadata: { ...other.metadata, uid: 'of another' } });
    expect(await pass(webhook({ handlers: handlers('support') }))).toEqual([]);
    expect(api.calls).toContain('delete ConfigMap icw-support-other-worker');
    expect(api.objects.has('ConfigMap icw-support-other-worker')).toBe(true);
  });

  it('is kept, where it has pods, until the workload that takes its place has some', async () => {
    const { api, hear, pass, change } = scene();
    await pass(webhook());
    hear();
    change(RECEIVER, available);
    const persistent = webhook({ receiver: { spool: { storage: 'Persistent' } } });
    const heir = 'StatefulSet icw-support-ingress';
    for (let again = 0; again < 2; again += 1) {
      await pass(persistent);
      hear();
      expect(api.objects.has(RECEIVER) && api.objects.has(heir)).toBe(true);
    }
    change(heir, available);
    await pass(persistent);
    expect(api.calls).toEqual([`delete ${RECEIVER}`]);
  });

  it('is not waited for where it has no pods to lose', async () => {
    const { api, hear, pass } = scene();
    await pass(webhook());
    hear();
    await pass(webhook({ receiver: { spool: { storage: 'Persistent' } } }));
    expect(api.objects.has(RECEIVER)).toBe(false);
  });
});

describe('a number of pods that an autoscaler has set', () => {
  const managedFields = [{ manager: 'kube-controller-manager', subresource: 'scale' }];
  const scaled = (object: KubeObject): KubeObject => ({
    ...object,
    spec: { ...(object['spec'] as object), replicas: 5 },
    metadata: { ...object.metadata, managedFields },
  });
  const elsewhere = webhook({ receiver: { template: { labels: { team: 'crm' } } } });

  it('stays when the rest is changed, also in a pass before that was heard of', async () => {
    const { pass, hear, change, api, children, replicas } = scene();
    await pass(webhook());
    hear();
    change(RECEIVER, scaled);
    await pass(elsewhere);
    expect(api.calls).toContain(`apply ${RECEIVER}`);
    expect(children.of(OWNER).get(RECEIVER)).toMatchObject({ isScaled: true });
    await pass(webhook());
    expect(api.calls).toContain(`apply ${RECEIVER}`);
    // What is applied has no `replicas`: the API server keeps them.
    expect(replicas(RECEIVER)).toBeUndefined();
  });

  it('stays where nobody knew of the workload, and it was found by its name', async () => {
    const { pass, api, replicas } = scene();
    const rendered = render(webhook(), renderFacts()).find((object) => childName(object) === RECEIVER);
    if (rendered === undefined) expect.unreachable();
    api.put(scaled(served(stamped(rendered))));
    await pass(webhook());
    expect(api.calls).not.toContain(`apply ${RECEIVER}`);
    expect(replicas(RECEIVER)).toBe(5);
  });

  it('ends where there are to be none: a suspended handler has no pods', async () => {
    const { pass, hear, change, replicas } = scene();
    await pass(webhook());
    hear();
    change('Deployment icw-support-support-worker', scaled);
    await pass(webhook({ suspend: true }));
    expect(replicas('Deployment icw-support-support-worker')).toBe(0);
  });

  it('is not that of a person', async () => {
    const { pass, hear, change, replicas } = scene();
    await pass(webhook());
    hear();
    change(RECEIVER, (object) => ({ ...object, spec: { ...(object['spec'] as object), replicas: 5 } }));
    await pass(webhook());
    expect(replicas(RECEIVER)).toBe(2);
  });
});

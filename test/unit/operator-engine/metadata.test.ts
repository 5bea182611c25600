import { describe, expect, it } from 'vitest';
import { itself, ownersOf, referrersIn } from '#operator/controller/concerns.ts';
import { finalizerPatch, hasFinalizer } from '#operator/finalizers.ts';
import { INTERCOM_WEBHOOKS, withoutLastApplied } from '#operator/intercom-webhooks.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { createStore, ownerUids } from '#operator/kube/store.ts';
import { controllerReference, isControlledBy } from '#operator/owner-references.ts';

const object = (metadata: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'crm', name: 'a', uid: 'u1', resourceVersion: '1', ...metadata },
});
const OWNER = { apiVersion: 'intercom-operator.io/v1alpha1', kind: 'IntercomWebhook', name: 'support', uid: 'u9' };

describe('an owner reference', () => {
  it('makes its object controlled by the uid it names, and by no other', () => {
    const owned = object({ ownerReferences: [controllerReference(OWNER)] });
    expect(isControlledBy(owned, 'u9')).toBe(true);
    expect(isControlledBy(owned, 'u8')).toBe(false);
    expect(isControlledBy(object({ ownerReferences: [OWNER] }), 'u9')).toBe(false);
    expect(isControlledBy(object(), 'u9')).toBe(false);
    expect(ownerUids(owned)).toEqual(['u9']);
  });

  it('leads to the owner in the namespace of what it owns, in whatever version, and to no other kind or group', () => {
    const owners = ownersOf(INTERCOM_WEBHOOKS);
    const owned = (...ownerReferences: { apiVersion: string; kind: string; name: string; uid: string }[]) =>
      owners(object({ ownerReferences }));
    expect(owned(OWNER)).toEqual(['crm/support']);
    expect(owned({ ...OWNER, apiVersion: 'intercom-operator.io/v2' })).toEqual(['crm/support']);
    expect(owned({ ...OWNER, kind: 'Deployment' }, { ...OWNER, apiVersion: 'example.com/v1' })).toEqual([]);
    expect(owned({ ...OWNER, apiVersion: 'v1' })).toEqual([]);
    expect(owners(object())).toEqual([]);
  });
});

describe('a referenced object', () => {
  it('concerns those that name it now', () => {
    const webhooks = createStore({
      indexes: { secret: ({ secrets }) => (Array.isArray(secrets) ? secrets.map(String) : []) },
      concerns: itself,
      notify: () => {},
    });
    const concerned = referrersIn(webhooks, 'secret');
    webhooks.put({ ...object({ name: 'w1', uid: 'w1' }), secrets: ['crm/token', 'crm/other'] });
    webhooks.put({ ...object({ name: 'w2', uid: 'w2' }), secrets: ['crm/token'] });
    expect(concerned(object({ name: 'token' })).toSorted()).toEqual(['crm/w1', 'crm/w2']);
    webhooks.put({ ...object({ name: 'w1', uid: 'w1', resourceVersion: '2' }), secrets: [] });
    expect(concerned(object({ name: 'token' }))).toEqual(['crm/w2']);
    expect(concerned(object({ namespace: 'elsewhere', name: 'token' }))).toEqual([]);
  });
});

describe('a finalizer', () => {
  const ours = 'intercom-operator.io/streams';
  const bound = object({ finalizers: ['other/one', ours] });

  it('is added once, to what was seen, and not to what is going already', () => {
    expect(finalizerPatch(object(), ours, true)).toEqual({
      metadata: { namespace: 'crm', name: 'a', uid: 'u1', resourceVersion: '1', finalizers: [ours] },
    });
    expect(finalizerPatch(bound, ours, true)).toBeNull();
    expect(finalizerPatch(object({ deletionTimestamp: '2026-01-01T00:00:00Z' }), ours, true)).toBeNull();
  });

  it('is removed where it is, and names none of another', () => {
    expect(hasFinalizer(bound, ours)).toBe(true);
    expect(finalizerPatch(bound, ours, false)).toMatchObject({ metadata: { uid: 'u1', finalizers: [] } });
    expect(finalizerPatch(object({ finalizers: ['other/one'] }), ours, false)).toBeNull();
    expect(finalizerPatch(object(), ours, false)).toBeNull();
  });
});

describe('a copy of a webhook', () => {
  it('is kept without what kubectl apply left in it, and with every other annotation', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', team: 'crm' };
    expect(withoutLastApplied(object({ annotations })).metadata).toMatchObject({ annotations: { team: 'crm' } });
    expect(JSON.stringify(withoutLastApplied(object({ annotations })))).not.toContain('last-applied');
    const plain = object();
    expect(withoutLastApplied(plain)).toBe(plain);
  });
});

import { describe, expect, it } from 'vitest';
import { itself, ownersOf, referrersIn } from '#operator/controller/concerns.ts';
import { INTERCOM_WEBHOOKS, withoutLastApplied } from '#operator/intercom-webhooks.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { createStore, ownerUids } from '#operator/kube/store.ts';
import { hasFinalizer, marksPatch } from '#operator/marks.ts';
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

describe('the marks on an object', () => {
  const finalizer = 'intercom-operator.io/streams';
  const annotations = { 'intercom-operator.io/operator': 'home/lease' };
  const others = { 'example.com/one': '1' };
  const held = { finalizer, isHeld: true, annotations };
  const free = { finalizer, isHeld: false, annotations };
  const bound = object({ finalizers: ['other/one', finalizer], annotations: { ...others, ...annotations } });

  it('are left once, with the uid, and not where it is too late to hold it', () => {
    const metadata = { namespace: 'crm', name: 'a', uid: 'u1', finalizers: [finalizer], annotations };
    expect(marksPatch(object(), held)).toEqual({ metadata });
    expect(marksPatch(object({ finalizers: [finalizer], annotations: others }), held)).toEqual({ metadata });
    expect(marksPatch(bound, held)).toBeNull();
    expect(marksPatch(object({ deletionTimestamp: '2026-01-01T00:00:00Z' }), held)).toBeNull();
  });

  it('hold it no longer, and name none of another', () => {
    expect(hasFinalizer(bound, finalizer)).toBe(true);
    expect(marksPatch(bound, free)).toMatchObject({ metadata: { uid: 'u1', finalizers: [], annotations } });
    expect(marksPatch(object({ finalizers: ['other/one'] }), free)).toMatchObject({ metadata: { finalizers: [] } });
    expect(marksPatch(object({ finalizers: ['other/one'], annotations }), free)).toBeNull();
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

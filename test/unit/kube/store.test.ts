import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '#operator/kube/resource.ts';
import { createStore, keyOf, type ObjectKey, ownerUids, type Store } from '#operator/kube/store.ts';

interface Sample {
  readonly name: string;
  readonly version?: number;
  readonly owner?: string;
  readonly secrets?: readonly string[];
  readonly uid?: string;
  readonly namespace?: string;
}

const object = ({ name, version = 1, owner, secrets = [], uid = name, namespace = 'crm' }: Sample): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: {
    namespace,
    name,
    uid,
    resourceVersion: String(version),
    managedFields: [{ manager: 'somebody' }],
    ...(owner === undefined
      ? {}
      : { ownerReferences: [{ apiVersion: 'v1', kind: 'Webhook', name: owner, uid: owner }] }),
  },
  secrets,
});

const keyOfObject = ({ metadata }: KubeObject) => keyOf(metadata);
const secretsOf = ({ secrets }: KubeObject) => (Array.isArray(secrets) ? secrets.map(String) : []);

/** As a reflector does it. */
function relist(store: Pick<Store<never>, 'put' | 'retain'>, objects: readonly KubeObject[]): void {
  for (const each of objects) store.put(each);
  store.retain(new Set(objects.map(({ metadata }) => metadata.uid)));
}

function scene() {
  const notified: ObjectKey[] = [];
  const store = createStore({
    indexes: { owner: ownerUids, secret: secretsOf },
    concerns: ({ metadata }) => (metadata.ownerReferences ?? []).map(({ name }): ObjectKey => `crm/${name}`),
    notify: (key) => notified.push(key),
  });
  const told = () => notified.splice(0);
  const find = (index: 'owner' | 'secret', value: string) =>
    store
      .find(index, value)
      .map(({ metadata }) => metadata.name)
      .toSorted();
  return { store, told, find };
}

describe('a store', () => {
  it('of several namespaces, each with lists of its own, keeps what the list of another does not have', () => {
    const { store } = scene();
    store.put(object({ name: 'a' }));
    store.put(object({ name: 'b' }));
    store.put(object({ name: 'c', namespace: 'sales' }));
    store.retain(new Set(['a']), 'crm');
    expect(store.list().map(keyOfObject).toSorted()).toEqual(['crm/a', 'sales/c']);
    store.retain(new Set(), 'sales');
    expect(store.list().map(keyOfObject)).toEqual(['crm/a']);
    store.retain(new Set());
    expect(store.size).toBe(0);
  });

  it('finds objects by owner and by secret, and no more under what they had before', () => {
    const { store, find } = scene();
    store.put(object({ name: 'a', owner: 'w', secrets: ['s', 't'] }));
    store.put(object({ name: 'b', owner: 'w', secrets: ['t'] }));
    expect([find('owner', 'w'), find('secret', 's'), find('secret', 't')]).toEqual([['a', 'b'], ['a'], ['a', 'b']]);
    store.put(object({ name: 'a', version: 2, owner: 'v', secrets: ['u'] }));
    expect([find('owner', 'w'), find('secret', 's'), find('secret', 'u')]).toEqual([['b'], [], ['a']]);
    store.remove(object({ name: 'b' }));
    expect([find('owner', 'w'), store.get('crm/b'), store.size]).toEqual([[], null, 1]);
  });

  it('tells the owner of now and the owner of before, once', () => {
    const { store, told } = scene();
    store.put(object({ name: 'a', owner: 'w' }));
    expect(told()).toEqual(['crm/w']);
    store.put(object({ name: 'a', version: 2, owner: 'w' }));
    expect(told()).toEqual(['crm/w']);
    store.put(object({ name: 'a', version: 3, owner: 'v' }));
    expect(told()).toEqual(['crm/w', 'crm/v']);
    store.remove(object({ name: 'a' }));
    expect(told()).toEqual(['crm/v']);
  });

  it('tells nothing of what it knew, also when all is listed again', () => {
    const { store, told } = scene();
    relist(store, [object({ name: 'a', owner: 'w' }), object({ name: 'b', owner: 'v' })]);
    told();
    store.put(object({ name: 'a', owner: 'w' }));
    relist(store, [object({ name: 'a', owner: 'w' }), object({ name: 'b', version: 2, owner: 'v' })]);
    expect(told()).toEqual(['crm/v']);
    relist(store, [object({ name: 'a', owner: 'w' })]);
    expect(told()).toEqual(['crm/v']);
  });

  it('takes an object that was deleted and made again for another', () => {
    const { store, told } = scene();
    store.put(object({ name: 'a', owner: 'w' }));
    told();
    relist(store, [object({ name: 'a', owner: 'w', uid: 'other' })]);
    expect(told()).toEqual(['crm/w']);
    expect(store.get('crm/a')).toMatchObject({ metadata: { uid: 'other' } });
  });

  it('has changed before it tells', () => {
    const seen: (number | undefined)[] = [];
    const store = createStore({
      indexes: {},
      concerns: ({ metadata }) => [keyOf(metadata)],
      notify: () => seen.push(store.size),
    });
    relist(store, [object({ name: 'a' }), object({ name: 'b' })]);
    store.remove(object({ name: 'a' }));
    expect(seen).toEqual([1, 2, 1]);
  });

  it('keeps no managed fields, and only what it is to keep', () => {
    const { store } = scene();
    store.put(object({ name: 'a' }));
    expect(store.get('crm/a')?.metadata).toEqual({ namespace: 'crm', name: 'a', uid: 'a', resourceVersion: '1' });
    const trimmed = createStore({
      indexes: {},
      concerns: () => [],
      notify: () => {},
      trim: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }),
    });
    trimmed.put(object({ name: 'a', secrets: ['long'] }));
    expect(trimmed.get('crm/a')).not.toHaveProperty('secrets');
  });

  it('answers by index as a search through all of it would', () => {
    const sample = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      version: fc.nat(1000),
      secrets: fc.uniqueArray(fc.constantFrom('s', 't', 'u')),
    });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('put' as const), objects: fc.tuple(sample) }),
      fc.record({ kind: fc.constant('remove' as const), objects: fc.tuple(sample) }),
      fc.record({ kind: fc.constant('replace' as const), objects: fc.array(sample, { maxLength: 4 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { store, find } = scene();
        for (const { kind, objects } of steps) {
          if (kind === 'replace') {
            relist(store, objects.map(object));
            expect(
              store
                .list()
                .map(({ metadata }) => metadata.name)
                .toSorted(),
            ).toEqual([...new Set(objects.map(({ name }) => name))].toSorted());
          } else for (const each of objects) store[kind](object(each));
          for (const secret of ['s', 't', 'u']) {
            const wanted = store.list().filter((each) => secretsOf(each).includes(secret));
            expect(find('secret', secret)).toEqual(wanted.map(({ metadata }) => metadata.name).toSorted());
          }
        }
      }),
    );
  });
});

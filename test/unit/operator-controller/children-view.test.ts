import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byOwner, createChildren, trimmedChild } from '#operator/children-view.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { createStore } from '#operator/kube/store.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { resource, UID } from './objects.ts';

const OWNER = resource();

interface Sample {
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly version?: number;
  readonly uid?: string;
  readonly more?: object;
}

const child = ({ kind = 'Deployment', name = 'a', namespace = 'crm', version = 8, ...rest }: Sample = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: {
    name,
    namespace,
    uid: rest.uid ?? `${kind} ${name}`,
    resourceVersion: String(version),
    ownerReferences: [{ apiVersion: 'v1', kind: 'W', name: 'support', uid: UID, controller: true }],
  },
  ...rest.more,
});

/** A store that is filled by a watch, and the view of it. */
function scene() {
  const clock = createFakeClock();
  const store = createStore({
    indexes: byOwner,
    concerns: () => [],
    notify: () => {},
    trim: (object) => {
      children.heard(object);
      return trimmedChild(object);
    },
  });
  const children = createChildren([store], clock);
  const versions = () =>
    Array.from(children.of(OWNER), ([name, { metadata }]) => `${name} ${metadata.resourceVersion}`);
  const wrote = (after: KubeObject, before: KubeObject | null = null) => children.wrote(OWNER, { before, after });
  return { clock, store, children, versions, wrote };
}

describe('the children of a resource', () => {
  it('are those that were heard of, of this owner and in its namespace', () => {
    const { store, versions, children } = scene();
    store.put(child());
    store.put(child({ kind: 'Service', name: 'b', version: 9 }));
    store.put(child({ name: 'elsewhere', namespace: 'other' }));
    store.put({
      ...child({ name: 'orphan' }),
      metadata: { ...child({ name: 'orphan' }).metadata, ownerReferences: [] },
    });
    expect(versions()).toEqual(['Deployment a 8', 'Service b 9']);
    expect(children.of(resource({}, { metadata: { uid: 'of another' } })).size).toBe(0);
  });

  it('are there as soon as they are written, heard of or not', () => {
    const { store, versions, wrote } = scene();
    wrote(child({ version: 9 }));
    expect(versions()).toEqual(['Deployment a 9']);
    store.put(child({ version: 9 }));
    store.put(child({ version: 10 }));
    expect(versions()).toEqual(['Deployment a 10']);
    wrote(child({ version: 12 }), child({ version: 10 }));
    expect(versions()).toEqual(['Deployment a 12']);
    store.put(child({ version: 11 }));
    expect(versions()).toEqual(['Deployment a 12']);
  });

  it('are gone when they are deleted right after they were written, both heard of at once', () => {
    const { store, versions, wrote } = scene();
    wrote(child());
    store.put(child());
    store.remove(child({ version: 9 }));
    expect(versions()).toEqual([]);
  });

  it('that no watch tells of in half a minute are looked at again', () => {
    const { clock, versions, wrote } = scene();
    wrote(child());
    clock.advance(29_999);
    expect(versions()).toEqual(['Deployment a 8']);
    clock.advance(1);
    expect(versions()).toEqual([]);
  });

  it('are believed for four minutes where they are Secrets, which nobody watches', () => {
    const { clock, versions, wrote } = scene();
    wrote(child({ kind: 'Secret' }));
    wrote(child({ kind: 'Secret', version: 9 }), child({ kind: 'Secret' }));
    clock.advance(239_999);
    expect(versions()).toEqual(['Secret a 9']);
    clock.advance(1);
    expect(versions()).toEqual([]);
  });

  it('keep, from our own writes too, that an autoscaler has set how many pods there are, and nothing that weighs', () => {
    const { children, wrote } = scene();
    const scaled = child({ more: { status: { replicas: 5, availableReplicas: 3, conditions: ['long'] } } });
    const managedFields = [{ manager: 'kube-controller-manager', subresource: 'scale', fieldsV1: {} }];
    wrote({ ...scaled, metadata: { ...scaled.metadata, managedFields } });
    const [seen] = children.of(OWNER).values();
    expect(seen).toMatchObject({ isScaled: true, status: { replicas: 5, availableReplicas: 3 } });
    expect(JSON.stringify(seen)).not.toContain('long');
  });

  it.each([
    ['a person', { manager: 'kubectl', subresource: 'scale' }],
    ['whoever writes the status', { manager: 'kube-controller-manager', subresource: 'status' }],
    ['a rollout', { manager: 'kube-controller-manager' }],
  ])('are not taken for scaled because of %s', (_, entry) => {
    const object = child();
    expect(trimmedChild({ ...object, metadata: { ...object.metadata, managedFields: [entry] } })).toEqual(
      expect.not.objectContaining({ isScaled: true }),
    );
  });
});

const step = fc.constantFrom(
  ...(['write', 'writeSame', 'change', 'delete', 'hear', 'hear', 'relist', 'look'] as const),
);

describe('whatever the order of writes and of what a watch tells', () => {
  it('what was written is not followed by anything older, and by everything newer', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { clock, store, children, wrote } = scene();
        /** What the API server has had, null where it had none; its index is the resource version. */
        const history: (KubeObject | null)[] = Array.from({ length: 8 }, () => null);
        let heardTo = history.length - 1;
        let wroteAt = 0;
        const now = () => history.at(-1) ?? null;
        const seen = () => children.of(OWNER).get('Deployment a') ?? null;
        const change = () => {
          const version = history.length;
          history.push(child({ version, uid: now()?.metadata.uid ?? `born at ${version}` }));
        };
        const write = () => {
          const before = seen();
          const after = now();
          if (after === null) return;
          wrote(after, before);
          wroteAt = Number(after.metadata.resourceVersion);
        };
        const hear = () => {
          if (heardTo === history.length - 1) return;
          heardTo += 1;
          const object = history[heardTo] ?? null;
          if (object === null) store.remove(child({ version: heardTo }));
          else store.put(object);
        };
        for (const kind of steps) {
          if (kind === 'write') change();
          if (kind === 'write' || kind === 'writeSame') write();
          if (kind === 'change' && now() !== null) change();
          if (kind === 'delete' && now() !== null) history.push(null);
          if (kind === 'hear') hear();
          if (kind === 'relist') {
            // What happened in between is not told, so what was written and deleted is believed until its time is over.
            clock.advance(30_000);
            heardTo = history.length - 1;
            const object = now();
            if (object !== null) store.put(object);
            store.retain(new Set(object === null ? [] : [object.metadata.uid]));
          }
          // Much may happen between two looks.
          if (kind !== 'look') continue;
          const expected = history[Math.max(heardTo, wroteAt)] ?? null;
          expect(seen()?.metadata.resourceVersion).toBe(expected?.metadata.resourceVersion);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

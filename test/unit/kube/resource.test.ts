import { describe, expect, it } from 'vitest';
import { apiVersionOf, KubeObject, pathOf, type Resource, titleOf } from '#operator/kube/resource.ts';

const SECRETS: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };
const DEPLOYMENTS: Resource = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' };

describe('pathOf', () => {
  it.each([
    [SECRETS, {}, '/api/v1/secrets'],
    [SECRETS, { namespace: 'crm', name: 'a' }, '/api/v1/namespaces/crm/secrets/a'],
    [DEPLOYMENTS, { namespace: 'crm' }, '/apis/apps/v1/namespaces/crm/deployments'],
    [
      DEPLOYMENTS,
      { namespace: 'crm', name: 'a', subresource: 'status' },
      '/apis/apps/v1/namespaces/crm/deployments/a/status',
    ],
  ])('%o %o', (resource, at, path) => {
    expect(pathOf(resource, at)).toBe(path);
  });

  it('keeps a name in its place, whatever it is', () => {
    expect(pathOf(SECRETS, { namespace: 'crm', name: 'a/../../x?y#z' })).toBe(
      '/api/v1/namespaces/crm/secrets/a%2F..%2F..%2Fx%3Fy%23z',
    );
    for (const name of ['', '.', '..']) expect(() => pathOf(SECRETS, { name })).toThrow('cannot be part of a path');
  });
});

it('names a resource as the API server does', () => {
  expect([SECRETS, DEPLOYMENTS].map(titleOf)).toEqual(['secrets', 'deployments.apps']);
  expect([SECRETS, DEPLOYMENTS].map(apiVersionOf)).toEqual(['v1', 'apps/v1']);
});

describe('an object of the API server', () => {
  const metadata = { name: 'w', uid: 'u', resourceVersion: '1' };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata };

  it('is taken as it is, whatever else it has', () => {
    const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true };
    for (const good of [
      object,
      { ...object, spec: null, metadata: { ...metadata, namespace: 'crm', generation: 2, ownerReferences: [owner] } },
    ]) {
      expect(KubeObject.parse(good)).toBe(good);
    }
  });

  it.each<{ what: string; value: unknown; says: string }>([
    { what: 'nothing', value: null, says: 'not an object' },
    { what: 'a list', value: [object], says: 'not an object' },
    { what: 'no kind', value: { ...object, kind: undefined }, says: 'apiVersion and kind' },
    { what: 'no metadata', value: { ...object, metadata: 'w' }, says: 'metadata has to be an object' },
    { what: 'no uid', value: { ...object, metadata: { ...metadata, uid: undefined } }, says: 'metadata.uid' },
    {
      what: 'a strange namespace',
      value: { ...object, metadata: { ...metadata, namespace: 7 } },
      says: 'metadata.namespace',
    },
    {
      what: 'half a generation',
      value: { ...object, metadata: { ...metadata, generation: 0.5 } },
      says: 'metadata.generation',
    },
    {
      what: 'an owner without a uid',
      value: { ...object, metadata: { ...metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p' }] } },
      says: 'metadata.ownerReferences',
    },
  ])('is not $what', ({ value, says }) => {
    expect(KubeObject.safeParse(value).error?.message).toContain(says);
  });
});

import { describe, expect, it } from 'vitest';
import { apiVersionOf, pathOf, type Resource, titleOf } from '#operator/kube/resource.ts';

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

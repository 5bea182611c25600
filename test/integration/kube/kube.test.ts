import { beforeAll, describe, expect, it } from 'vitest';
import type { Connection } from '#operator/kube/connection.ts';
import { KubeError } from '#operator/kube/kube-error.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import {
  adminConnection,
  CONFIG_MAPS,
  configMap,
  SECRETS,
  serviceAccountConnection,
  sharedKubeconfig,
  soon,
  testKube,
  testNamespace,
} from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

const UNSERVED = { group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things' };
const SERVICES = { group: '', version: 'v1', kind: 'Service', plural: 'services' };

let admin: Connection;
beforeAll(async () => {
  admin = await adminConnection(sharedKubeconfig());
});

async function place() {
  const kube = testKube(admin);
  return { kube, namespace: await testNamespace(kube) };
}

const failureOf = async (call: Promise<unknown>): Promise<KubeError> => {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(KubeError);
  return error as KubeError;
};

describe('apply', () => {
  it('creates an object, changes what is named, and leaves what others own', async () => {
    const { kube, namespace } = await place();
    const made = await kube.apply(CONFIG_MAPS, configMap(namespace, 'a', { ours: '1' }), soon());
    expect(made).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { ours: '1' } });
    const other = testKube(admin, 'other');
    await other.apply(CONFIG_MAPS, configMap(namespace, 'a', { theirs: '1' }), soon());
    const changed = await kube.apply(CONFIG_MAPS, configMap(namespace, 'a', { ours: '2' }), soon());
    expect(changed).toMatchObject({ data: { ours: '2', theirs: '1' } });
    expect(changed.metadata.uid).toBe(made.metadata.uid);
  });

  it('writes nothing when nothing is different', async () => {
    const { kube, namespace } = await place();
    const first = await kube.apply(CONFIG_MAPS, configMap(namespace, 'a', { x: '1' }), soon());
    const second = await kube.apply(CONFIG_MAPS, configMap(namespace, 'a', { x: '1' }), soon());
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('is refused a field of another manager unless it forces', async () => {
    const { kube, namespace } = await place();
    await testKube(admin, 'other').apply(CONFIG_MAPS, configMap(namespace, 'a', { x: 'theirs' }), soon());
    const error = await failureOf(kube.apply(CONFIG_MAPS, configMap(namespace, 'a', { x: 'ours' }), soon()));
    expect(error).toMatchObject({ kind: 'conflict', status: 409 });
    expect(error.message).toMatch(/^cannot apply configmaps test-\w+\/a: conflict: .*"other".*\.data\.x/s);
    const forced = await kube.apply(CONFIG_MAPS, configMap(namespace, 'a', { x: 'ours' }), { ...soon(), force: true });
    expect(forced).toMatchObject({ data: { x: 'ours' } });
  });

  it('writes a status and nothing but the status', async () => {
    const { kube, namespace } = await place();
    const spec = { type: 'LoadBalancer', ports: [{ port: 80 }] };
    await kube.apply(SERVICES, { metadata: { namespace, name: 'a' }, spec }, soon());
    const ingress = [{ ip: '192.0.2.1', ipMode: 'VIP' }];
    const after = await kube.applyStatus(
      SERVICES,
      { metadata: { namespace, name: 'a' }, spec: { type: 'ClusterIP' }, status: { loadBalancer: { ingress } } },
      soon(),
    );
    expect(after).toMatchObject({ spec: { type: 'LoadBalancer' }, status: { loadBalancer: { ingress } } });
  });

  it('names what the API server finds invalid', async () => {
    const { kube, namespace } = await place();
    const error = await failureOf(
      kube.apply(SERVICES, { metadata: { namespace, name: 'a' }, spec: { ports: [{ port: 0 }] } }, soon()),
    );
    expect(error).toMatchObject({ kind: 'invalid', status: 422 });
    expect(error.message).toMatch(/spec\.ports\[0\]\.port/);
  });
});

describe('get', () => {
  it('returns null for what is not there, in a namespace that is not there too', async () => {
    const { kube, namespace } = await place();
    expect(await kube.get(CONFIG_MAPS, { namespace, name: 'none' }, soon())).toBeNull();
    expect(await kube.get(CONFIG_MAPS, { namespace: 'nowhere', name: 'none' }, soon())).toBeNull();
  });

  it('fails where the kind itself is not served, so that a missing CRD is not taken for missing objects', async () => {
    const { kube, namespace } = await place();
    const error = await failureOf(kube.get(UNSERVED, { namespace, name: 'none' }, soon()));
    expect(error).toMatchObject({ kind: 'not-found' });
    expect(error.message).toContain('get things.example.com');
  });
});

describe('create, replace and delete', () => {
  it('creates once', async () => {
    const { kube, namespace } = await place();
    await kube.create(CONFIG_MAPS, configMap(namespace, 'a'), soon());
    const error = await failureOf(kube.create(CONFIG_MAPS, configMap(namespace, 'a'), soon()));
    expect(error.kind).toBe('already-exists');
    expect((await failureOf(kube.create(CONFIG_MAPS, configMap('nowhere', 'a'), soon()))).kind).toBe('not-found');
  });

  it('replaces only what it has read', async () => {
    const { kube, namespace } = await place();
    const read = await kube.create(CONFIG_MAPS, configMap(namespace, 'a', { x: '1' }), soon());
    await kube.replace(CONFIG_MAPS, { ...read, data: { x: '2' } }, soon());
    const error = await failureOf(kube.replace(CONFIG_MAPS, { ...read, data: { x: '3' } }, soon()));
    expect(error.kind).toBe('conflict');
    expect(await kube.get(CONFIG_MAPS, { namespace, name: 'a' }, soon())).toMatchObject({ data: { x: '2' } });
  });

  it('deletes what it means, and says when it is gone already', async () => {
    const { kube, namespace } = await place();
    const ref = { namespace, name: 'a' };
    await kube.create(CONFIG_MAPS, configMap(namespace, 'a'), soon());
    const other = { ...soon(), preconditions: { uid: '00000000-0000-0000-0000-000000000000' } };
    expect((await failureOf(kube.delete(CONFIG_MAPS, ref, other))).kind).toBe('conflict');
    expect(await kube.delete(CONFIG_MAPS, ref, soon())).toBe(true);
    expect(await kube.delete(CONFIG_MAPS, ref, soon())).toBe(false);
  });
});

describe('a service account that may read config maps', () => {
  it('reads them, and is told which verb on which resource it lacks', async () => {
    const { kube, namespace } = await place();
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }];
    const limited = testKube(await serviceAccountConnection(admin, { kube, namespace, rules }));
    expect(await limited.get(CONFIG_MAPS, { namespace, name: 'none' }, soon())).toBeNull();

    const secret = await failureOf(limited.get(SECRETS, { namespace, name: 'client-secret' }, soon()));
    expect(secret).toMatchObject({ kind: 'forbidden', status: 403, call: { verb: 'get', resource: SECRETS } });
    expect(secret.message).toContain(`cannot get secrets ${namespace}/client-secret: forbidden`);

    const write = await failureOf(limited.apply(CONFIG_MAPS, configMap(namespace, 'a'), soon()));
    expect(write.message).toContain(`cannot apply configmaps ${namespace}/a: forbidden`);
  });
});

describe('pages', () => {
  const read = async (pages: AsyncIterable<{ items: readonly KubeObject[]; resourceVersion: string }>) => {
    const sizes: number[] = [];
    const names: string[] = [];
    const versions = new Set<string>();
    for await (const { items, resourceVersion } of pages) {
      sizes.push(items.length);
      names.push(...items.map(({ metadata }) => metadata.name));
      versions.add(resourceVersion);
    }
    return { sizes, names, versions };
  };

  it('lists 1000 objects as they were at one moment, whatever happens between the pages', async () => {
    const { kube, namespace } = await place();
    const wanted = Array.from({ length: 1000 }, (_, i) => `a${String(i).padStart(4, '0')}`);
    for (let start = 0; start < wanted.length; start += 50) {
      const batch = wanted.slice(start, start + 50);
      await Promise.all(batch.map((name) => kube.create(CONFIG_MAPS, configMap(namespace, name), soon())));
    }
    const pages = kube.pages(CONFIG_MAPS, { namespace, pageSize: 300 }, soon());
    const first = await pages.next();
    await kube.create(CONFIG_MAPS, configMap(namespace, 'z'), soon());
    await kube.delete(CONFIG_MAPS, { namespace, name: 'a0999' }, soon());
    const { sizes, names, versions } = await read(pages);
    expect(sizes).toEqual([300, 300, 100]);
    expect(names.at(-1)).toBe('a0999');
    expect(first.value).toMatchObject({ resourceVersion: [...versions][0] });
    expect(versions.size).toBe(1);
    expect((await read(kube.pages(CONFIG_MAPS, { namespace }, soon()))).sizes).toEqual(Array(20).fill(50));
  });

  it('gives the items of a list their kind, and selects by label', async () => {
    const { kube, namespace } = await place();
    const metadata = { namespace, name: 'b', labels: { app: 'b' } };
    await kube.create(CONFIG_MAPS, configMap(namespace, 'a'), soon());
    await kube.create(CONFIG_MAPS, { metadata }, soon());
    const { value } = await kube.pages(CONFIG_MAPS, { namespace, labelSelector: 'app=b' }, soon()).next();
    expect(value).toMatchObject({ items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }] });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Connection } from '#operator/kube/connection.ts';
import type { Kube } from '#operator/kube/kube.ts';
import type { Resource } from '#operator/kube/resource.ts';
import { createTransport, readBody } from '#operator/kube/transport.ts';
import { at, isWorkload, type Manifest, only, podsOf, template, templateFor } from '#test/integration/chart/chart.ts';
import { VALUE_SETS } from '#test/integration/chart/value-sets.ts';
import { adminConnection, connectedKube, SECRETS, sharedKubeconfig, soon, testNamespace } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type Strict, strictly } from '#test/support/strictly.ts';

trackLeaks();

const PODS: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods' };

let admin: Connection;
let kube: Kube;
let api: Strict;
let namespace: string;
/** That `watchNamespaces` names. */
const watched: Record<string, string> = {};
/** Of every kind that the chart has: where it is served, and whether it is in namespaces. */
const served = new Map<string, Served>();

beforeAll(async () => {
  admin = await adminConnection(sharedKubeconfig());
  kube = connectedKube(admin);
  api = strictly(admin);
  namespace = await testNamespace(kube, { 'pod-security.kubernetes.io/enforce': 'restricted' });
  for (const name of ['crm', 'shop']) watched[name] = await testNamespace(kube);
});
afterAll(() => {
  kube.close();
  api.close();
});

const ResourceList = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});
interface Served {
  readonly resource: Resource;
  readonly namespaced: boolean;
}

async function listResources(apiVersion: string): Promise<z.output<typeof ResourceList>['resources']> {
  const transport = createTransport(admin, 'test');
  try {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const response = await transport.send({ method: 'GET', path }, soon().signal);
    return ResourceList.parse(await readBody(response, 1024 * 1024)).resources;
  } finally {
    transport.close();
  }
}

async function servedAs({ apiVersion, kind }: Manifest): Promise<Served> {
  const known = served.get(`${apiVersion} ${kind}`);
  if (known !== undefined) return known;
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  const found = (await listResources(apiVersion)).find((each) => each.kind === kind && !each.name.includes('/'));
  if (found === undefined) throw new Error(`${apiVersion} ${kind} is not served`);
  const one = { resource: { group, version, kind, plural: found.name }, namespaced: found.namespaced };
  served.set(`${apiVersion} ${kind}`, one);
  return one;
}

/** What Helm would send, into the namespaces of the test. */
async function renderedHere(values: object): Promise<readonly Manifest[]> {
  const { watchNamespaces = [] } = values as { watchNamespaces?: string[] };
  const here = watchNamespaces.map((name) => watched[name] ?? '');
  return template({ ...values, watchNamespaces: here }, { name: 'icwo', namespace });
}

/** Nothing, or what is wrong with an object: where it is, or by the API server. */
async function verdictOf(object: Manifest): Promise<object[]> {
  const { resource, namespaced } = await servedAs(object);
  const verdict = await api.wouldApply(resource, object);
  const isNamespaced = object.metadata.namespace !== undefined;
  const place = isNamespaced === namespaced ? [] : [{ object: object.metadata.name, isNamespaced }];
  return verdict.kind === 'accepted' ? place : [{ title: `${object.kind} ${object.metadata.name}`, ...verdict }];
}

describe.each(Object.entries(VALUE_SETS))('with %s', (_, values) => {
  it('every object is accepted by the API server, every field of it', async () => {
    const objects = await renderedHere(values);
    expect(objects.length).toBeGreaterThan(4);
    expect((await Promise.all(objects.map(verdictOf))).flat()).toEqual([]);
  });

  it('every pod is accepted by the restricted Pod Security standard', async () => {
    const objects = await renderedHere(values);
    const pods = objects.filter((object) => isWorkload(object) || object.kind === 'Pod').map(podOf);
    expect(pods.length).toBeGreaterThan(1);
    const verdicts = await Promise.all(pods.map((pod) => api.wouldCreate(PODS, pod)));
    expect(verdicts.filter(({ kind }) => kind === 'refused')).toEqual([]);
  });
});

/** A pod as the controller of its workload would make it. Its account is not there yet. */
function podOf(object: Manifest) {
  const { metadata, spec } = podsOf(object);
  const { serviceAccountName: _, ...rest } = spec;
  const claims = object.kind === 'StatefulSet' ? (at(object, 'spec', 'volumeClaimTemplates') as Manifest[]) : [];
  const claimed = claims.map(({ metadata: { name } }) => ({ name, persistentVolumeClaim: { claimName: `${name}-0` } }));
  const volumes = [...((spec['volumes'] as object[] | undefined) ?? []), ...claimed];
  const { labels, annotations } = metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${object.metadata.name}-0`, namespace, labels, annotations },
    spec: { ...rest, volumes },
  };
}

describe('volumes that were made for one server', () => {
  const CLAIMS: Resource = {
    group: '',
    version: 'v1',
    kind: 'PersistentVolumeClaim',
    plural: 'persistentvolumeclaims',
  };
  const rendered = (of: string, replicas: number) =>
    templateFor(sharedKubeconfig(), { nats: { replicas }, crds: { enabled: false } }, { name: 'icwo', namespace: of });

  it('are not used for three, nor without their keys, and are for one', async () => {
    const own = await testNamespace(kube);
    const set = only(await template({}, { name: 'icwo', namespace: own }), 'StatefulSet');
    const { metadata, spec } = at(set, 'spec', 'volumeClaimTemplates', 0) as Manifest;
    const name = `${metadata.name}-${set.metadata.name}-0`;
    expect(await rendered(own, 3)).toContain('replicas: 3');
    await kube.create(CLAIMS, { metadata: { ...metadata, name, namespace: own }, spec }, soon());
    await expect(rendered(own, 3)).rejects.toThrow(
      `nats.replicas is 3, but the volumes of this release (${metadata.name}-${set.metadata.name}-…) were made for 1`,
    );
    const keys = { namespace: own, name: `${set.metadata.name}-keys` };
    await expect(rendered(own, 1)).rejects.toThrow(`Secret ${own}/${keys.name} is not there, but the volumes`);
    await kube.create(SECRETS, { metadata: keys }, soon());
    expect(await rendered(own, 1)).toContain('kind: StatefulSet');
  });
});

it('a role in a namespace names nothing that only the cluster has', async () => {
  const roles = (await renderedHere({ watchNamespaces: ['crm'] })).filter(({ kind }) => kind === 'Role');
  const rules = roles.flatMap((role) => at(role, 'rules') as { apiGroups: string[]; resources: string[] }[]);
  const resources = rules.flatMap(({ apiGroups, resources: names }) =>
    apiGroups.flatMap((group) => names.map((name) => ({ group, name }))),
  );
  expect(resources.length).toBeGreaterThan(10);
  const VERSIONS: Record<string, string> = { '': 'v1', 'intercom-operator.io': 'v1alpha1' };
  // Its CRD is for others to install; HTTPRoutes are in namespaces.
  const ours = resources.filter(({ group, name }) => group !== 'gateway.networking.k8s.io' && !name.includes('/'));
  for (const { group, name } of ours) {
    const version = VERSIONS[group] ?? 'v1';
    const list = await listResources(group === '' ? version : `${group}/${version}`);
    expect(
      list.find((each) => each.name === name),
      `${group}/${name}`,
    ).toMatchObject({ namespaced: true });
  }
});

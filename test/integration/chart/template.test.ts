import { describe, expect, it } from 'vitest';
import { operatorConfig } from '#operator/config.ts';
import { CLUSTER_RULES, NAMESPACE_RULES } from '#operator/rbac.ts';
import { ENTRY_POINTS } from '#shared/contract.ts';
import {
  at,
  environmentOf,
  isWorkload,
  lint,
  type Manifest,
  notes,
  only,
  podsOf,
  type Release,
  template,
} from './chart.ts';
import { EXTERNAL, REFUSED, VALUE_SETS } from './value-sets.ts';

const sets = Object.entries(VALUE_SETS);
const titles = (objects: readonly Manifest[]) => objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
const rulesOf = (role: Manifest) => at(role, 'rules');

describe.each(sets)('with %s', (_, values) => {
  it('is well by helm lint', async () => {
    expect(await lint(values)).toContain('0 chart(s) failed');
  });

  it('gives the operator an environment that it takes, and runs what the image has', async () => {
    const objects = await template(values);
    const pods = podsOf(only(objects, 'Deployment'));
    const { NODE_OPTIONS, ...env } = environmentOf(pods);
    expect(NODE_OPTIONS).toBe('--max-semi-space-size=4');
    const config = operatorConfig({ ...env, POD_NAME: 'operator-0' });
    expect(config.IMAGE).toBe(pods.spec.containers[0].image);
    const known = new Set(Object.keys(config));
    expect(Object.keys(env).filter((name) => !known.has(name) && name !== 'TZ')).toEqual([]);
    const [{ command, args }] = pods.spec.containers;
    expect([command, args]).toEqual([['node'], [ENTRY_POINTS.operator]]);
  });

  it('selects its pods by labels that no release changes, and by enough of them', async () => {
    const objects = await template(values);
    for (const workload of objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')) {
      const selector = at(workload, 'spec', 'selector', 'matchLabels');
      expect(podsOf(workload).metadata.labels).toMatchObject(selector as object);
      expect(Object.keys(selector as object)).toEqual([
        'app.kubernetes.io/name',
        'app.kubernetes.io/instance',
        'app.kubernetes.io/component',
      ]);
    }
    const components = objects
      .filter(isWorkload)
      .map((each) => podsOf(each).metadata.labels['app.kubernetes.io/component']);
    expect(new Set(components).size).toBeGreaterThanOrEqual('nats' in values && 'externalNats' in values ? 1 : 3);
  });

  it('gives every object the labels of Kubernetes, and what is in a namespace that namespace', async () => {
    for (const { kind, metadata } of await template(values)) {
      expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
        'app.kubernetes.io/instance': 'icwo',
        'app.kubernetes.io/part-of': 'intercom-operator',
        'app.kubernetes.io/managed-by': 'Helm',
      });
      const isOfCluster = kind.startsWith('Cluster') || kind === 'CustomResourceDefinition';
      expect([kind, metadata.namespace === undefined]).toEqual([kind, isOfCluster]);
    }
  });
});

it.each(REFUSED)('refuses %s, and names the value', async (_, values, says) => {
  await expect(template(values)).rejects.toThrow(says);
});

it('refuses a release whose name no Service can have, before anything is installed', async () => {
  await expect(template({}, { name: 'a.b', namespace: 'intercom' })).rejects.toThrow(
    /begin with a\.b-intercom-operator.*set fullnameOverride/,
  );
  expect(titles(await template({ fullnameOverride: 'a-b' }, { name: 'a.b', namespace: 'intercom' }))).toContain(
    'Service a-b',
  );
});

describe('roles', () => {
  it('are those of the operator, in every namespace', async () => {
    const objects = await template({ rbac: { userRoles: false } });
    expect(rulesOf(only(objects, 'ClusterRole'))).toEqual(CLUSTER_RULES);
    expect(rulesOf(only(objects, 'Role', 'icwo-intercom-operator'))).toEqual(NAMESPACE_RULES);
  });

  it('are, for a list of namespaces, those of the operator there and next to nothing elsewhere', async () => {
    const objects = await template({ watchNamespaces: ['crm', 'shop'], rbac: { userRoles: false } });
    const roles = objects.filter(({ kind, metadata }) => kind === 'Role' && metadata.namespace !== 'intercom');
    expect(roles.map(({ metadata }) => metadata.namespace)).toEqual(['crm', 'shop']);
    const ofCluster = rulesOf(only(objects, 'ClusterRole')) as typeof CLUSTER_RULES;
    expect(ofCluster.map(({ resources, resourceNames }) => [resources, resourceNames])).toEqual([
      [['leases'], undefined],
      [['namespaces'], ['kube-system']],
    ]);
    for (const role of roles) {
      expect([...(rulesOf(role) as object[]), ...ofCluster]).toEqual(expect.arrayContaining([...CLUSTER_RULES]));
      expect(rulesOf(role)).toHaveLength(CLUSTER_RULES.length - ofCluster.length);
    }
    expect(environmentOf(podsOf(only(objects, 'Deployment')))).toMatchObject({ WATCH_NAMESPACES: 'crm,shop' });
  });

  it('let nobody make an IntercomWebhook who may only edit', async () => {
    const roles = (await template({})).filter(({ kind }) => kind === 'ClusterRole');
    const aggregated = roles.flatMap((role) =>
      Object.keys(role.metadata.labels)
        .filter((label) => label.includes('aggregate'))
        .map((label) => [role.metadata.name, label, at(role, 'rules', 0, 'verbs')]),
    );
    const view = ['intercom:icwo-intercom-operator:view', 'rbac.authorization.k8s.io/aggregate-to-view'];
    expect(aggregated).toEqual([[...view, ['get', 'list', 'watch']]]);
  });
});

describe('a second release with other namespaces', () => {
  it('has no object of the name of one of the first', async () => {
    const [first, second] = await Promise.all([
      template({ watchNamespaces: ['crm'] }),
      template({ watchNamespaces: ['shop'], crds: { enabled: false } }, { name: 'icwo', namespace: 'other' }),
    ]);
    const identity = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
    const taken = new Set(first.map(identity));
    expect(second.map(identity).filter((each) => taken.has(each))).toEqual([]);
    expect(second.length).toBe(first.length - 1);
  });
});

it('shares no name in the cluster with a release whose namespace and name read alike when joined', async () => {
  const names = async (release: Release) =>
    (await template({ watchNamespaces: ['crm'] }, release))
      .filter(({ metadata }) => metadata.namespace === undefined || metadata.namespace === 'crm')
      .filter(({ kind }) => kind !== 'CustomResourceDefinition')
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const first = await names({ name: 'b', namespace: 'c-a' });
  const second = await names({ name: 'a-b', namespace: 'c' });
  expect(first).toContain('ClusterRole c-a:b-intercom-operator:edit');
  expect(first).toHaveLength(6);
  expect(second.filter((name) => first.includes(name))).toEqual([]);
});

it('gives receivers and workers the Secrets that its own image is pulled with', async () => {
  const secretsOf = async (values: object) =>
    operatorConfig({ ...environmentOf(podsOf(only(await template(values), 'Deployment'))), POD_NAME: 'operator-0' })
      .IMAGE_PULL_SECRETS;
  expect(await secretsOf({ operator: { imagePullSecrets: [{ name: 'registry' }, { name: 'mirror' }] } })).toEqual([
    'registry',
    'mirror',
  ]);
  expect(await secretsOf({})).toEqual([]);
});

describe('what is kept', () => {
  it('is the CRD, the volumes and the keys, unless it is said otherwise', async () => {
    const kept = await template({});
    const gone = await template(VALUE_SETS['nothing kept'] ?? {});
    const policy = (objects: readonly Manifest[]) =>
      only(objects, 'CustomResourceDefinition').metadata.annotations['helm.sh/resource-policy'];
    expect([policy(kept), policy(gone)]).toEqual(['keep', undefined]);
    const claims = (objects: readonly Manifest[]) =>
      at(only(objects, 'StatefulSet'), 'spec', 'persistentVolumeClaimRetentionPolicy', 'whenDeleted');
    expect([claims(kept), claims(gone)]).toEqual(['Retain', 'Delete']);
    const hooks = (objects: readonly Manifest[]) =>
      objects.flatMap(({ kind, metadata }) => (kind === 'Job' ? [metadata.annotations['helm.sh/hook']] : []));
    expect([hooks(kept), hooks(gone)]).toEqual([
      ['pre-install,pre-upgrade'],
      ['pre-install,pre-upgrade', 'post-delete'],
    ]);
  });

  it('is never a Secret that the chart did not make', async () => {
    const objects = await template({ nats: { keep: false, auth: { existingSecret: 'mine' } } });
    const actions = objects.filter(({ kind }) => kind === 'Job').map((job) => environmentOf(podsOf(job))['ACTION']);
    expect(actions).toEqual(['check']);
  });
});

describe('an external NATS', () => {
  it('brings nothing of our own NATS with it', async () => {
    expect(titles(await template(EXTERNAL)).filter((title) => /nats|keys/.test(title))).toEqual([]);
  });

  it('has each file where the operator is told to look for it', async () => {
    const objects = await template(VALUE_SETS['an external NATS with accounts and an authority'] ?? {});
    const pods = podsOf(only(objects, 'Deployment'));
    const folder = at(pods, 'spec', 'containers', 0, 'volumeMounts', 0, 'mountPath') as string;
    const sources = at(pods, 'spec', 'volumes', 0, 'projected', 'sources') as Record<
      string,
      { items: { path: string }[] }
    >[];
    const there = sources
      .flatMap((source) => Object.values(source))
      .flatMap(({ items }) => items.map(({ path }) => path));
    const told = Object.entries(environmentOf(pods)).filter(([name]) => /_(?:FILE)$/.test(name));
    expect(told.map(([, path]) => path).sort()).toEqual(there.map((path) => `${folder}/${path}`).sort());
    expect(told).toHaveLength(3);
  });
});

it('restarts the servers when what they read is another, and only then', async () => {
  const checksum = async (values: object) =>
    podsOf(only(await template(values), 'StatefulSet')).metadata.annotations['checksum/config'];
  const before = await checksum({});
  expect(await checksum({ operator: { replicas: 3 }, commonAnnotations: { a: 'b' } })).toBe(before);
  expect(await checksum({ nats: { jetstream: { fileStore: '10Gi' } } })).not.toBe(before);
});

it('shares as many bytes as it was told', async () => {
  const env = environmentOf(podsOf(only(await template({ streams: { sharedBytes: '3Gi' } }), 'Deployment')));
  expect(env['SHARED_STREAM_BYTES']).toBe(String(3 * 1024 ** 3));
});

describe('the notes', () => {
  it.each([
    ['one server', {}, /NATS has one server/],
    ['one user for all', EXTERNAL, /TenantIsolation=False/],
    ['a CRD that goes', { crds: { keep: false } }, /deletes every IntercomWebhook.*kubectl delete icw --all/s],
    ['volumes that go', { nats: { keep: false } }, /Uninstalling deletes the volumes of NATS and its keys/],
  ])('warn of %s', async (_, values, warning) => {
    expect(await notes(values)).toMatch(warning);
  });

  it('name what an external NATS needs beforehand, and where', async () => {
    const text = await notes(VALUE_SETS['an external NATS with accounts and an authority'] ?? {});
    expect(text).toMatch(/in the namespace intercom\. Until .*ContainerCreating/s);
    const listed = text.split('\n').filter((line) => /^ {4}(Secret|ConfigMap) /.test(line));
    expect(listed.map((line) => line.trim())).toEqual([
      'ConfigMap nats-ca, key bundle.pem',
      'Secret nats, key signing.seed',
      'Secret nats, key sys.creds',
    ]);
    expect(await notes({})).not.toContain('ContainerCreating');
  });

  it('say what comes next, and warn of nothing in production', async () => {
    const text = await notes({ nats: { replicas: 3 } });
    expect(text).toContain('kubectl get icw');
    expect(text).not.toContain('WARNING');
  });
});

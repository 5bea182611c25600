import type { V1ConfigMap, V1Deployment, V1Service, V1StatefulSet } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import type { Rendered, RenderFacts } from '#operator/render/facts.ts';
import { render } from '#operator/render/render.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhook } from '#test/support/webhook.ts';
import { full, gateway, ingress, minimal, persistent, targets } from './resources.ts';

const asYaml = (objects: readonly Rendered[]): string =>
  objects.map((object) => stringify(object, { aliasDuplicateObjects: false })).join('---\n');

const rendered = (resource: IntercomWebhook) => {
  const objects = render(resource, renderFacts());
  const named = <T extends Rendered>(kind: string, name: string) =>
    objects.find((object) => object.kind === kind && object.metadata?.name === name) as T | undefined;
  return {
    objects,
    ids: objects.map(({ kind, metadata }) => `${kind}/${metadata?.name}`),
    deployment: (name: string) => named<V1Deployment>('Deployment', name)?.spec,
    statefulSet: (name: string) => named<V1StatefulSet>('StatefulSet', name)?.spec,
    pod: (name: string) => objects.filter(isWorkload).find(({ metadata }) => metadata?.name === name)?.spec?.template,
    configMap: (name: string) => named<V1ConfigMap>('ConfigMap', name)?.data,
    service: (name: string) => named<V1Service>('Service', name),
  };
};

const isWorkload = (object: Rendered): object is V1Deployment | V1StatefulSet =>
  object.kind === 'Deployment' || object.kind === 'StatefulSet';

const ALL = { minimal, full, targets, persistent, ingress, gateway };
/** Of a cluster that has the Gateway API. */
const FACTS = renderFacts({ hasGatewayApi: true });

const [handler = { name: 'support' }] = webhook().spec.handlers;

describe('rendering', () => {
  test.each(Object.entries(ALL))('of the %s resource is as recorded', async (name, resource) => {
    await expect(asYaml(render(resource, FACTS))).toMatchFileSnapshot(`golden/${name}.yaml`);
  });

  test('gives the same bytes twice', () => {
    const again = structuredClone(full);
    expect(asYaml(render(again, renderFacts()))).toBe(asYaml(render(full, renderFacts())));
  });

  test('leaves the resource as it was', () => {
    const before = JSON.stringify(full);
    render(full, renderFacts());
    expect(JSON.stringify(full)).toBe(before);
  });

  test('puts every object into the namespace of the resource, owned by it', () => {
    for (const { metadata } of Object.values(ALL).flatMap((resource) => render(resource, FACTS))) {
      expect(metadata?.namespace).toBe('crm');
      expect(metadata?.ownerReferences).toEqual([
        expect.objectContaining({ kind: 'IntercomWebhook', name: 'support', uid: renderFacts().uid, controller: true }),
      ]);
    }
  });

  test('is sorted and names nothing twice', () => {
    const { ids } = rendered(targets);
    expect(ids).toEqual([...new Set(ids)].sort());
  });
});

describe('pods', () => {
  test('roll when their configuration changes, and only those', () => {
    const hashes = (resource: IntercomWebhook) =>
      ['icw-support-ingress', 'icw-support-support-worker'].map(
        (name) => rendered(resource).pod(name)?.metadata?.annotations?.['intercom-operator.io/config-hash'],
      );
    const [ingress, worker] = hashes(minimal);
    const changed = hashes(webhook({ handlers: [{ ...handler, concurrency: 17 }] }));
    expect(changed[0]).toBe(ingress);
    expect(changed[1]).not.toBe(worker);
  });

  test('keep our labels, whatever a template says', () => {
    const labels = rendered(full).pod('icw-support-ingress')?.metadata?.labels;
    expect(labels).toMatchObject({ team: 'support', 'app.kubernetes.io/component': 'ingress' });
    expect(labels).toMatchObject(rendered(full).deployment('icw-support-ingress')?.selector.matchLabels ?? {});
  });

  test('are given what our image is pulled with, once, before what the resource says', () => {
    const named = (facts: Partial<RenderFacts>) =>
      render(full, renderFacts(facts))
        .filter(isWorkload)
        .map(({ spec }) => spec?.template.spec?.imagePullSecrets?.map(({ name }) => name));
    const [receiver, ...workers] = named({ imagePullSecrets: ['mirror', 'registry'] });
    expect(receiver).toEqual(['mirror', 'registry']);
    expect(workers).toEqual(workers.map(() => ['mirror', 'registry']));
    expect(named({ imagePullSecrets: ['mirror'] })).toContainEqual(['mirror', 'registry']);
    expect(named({ imagePullSecrets: [] })).toEqual(named({}));
  });

  test('each have a CPU request or a limit that stands for it', () => {
    for (const resource of [minimal, full, targets, persistent]) {
      for (const workload of render(resource, renderFacts()).filter(isWorkload)) {
        const spec = workload.spec?.template.spec;
        for (const { name, resources } of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
          expect(resources?.requests?.['cpu'] ?? resources?.limits?.['cpu'], name).toBeDefined();
        }
      }
    }
  });

  test('get the time their work may take before they are killed', () => {
    const grace = (resource: IntercomWebhook, name: string) =>
      rendered(resource).pod(name)?.spec?.terminationGracePeriodSeconds;
    expect(grace(minimal, 'icw-support-support-worker')).toBe(60 + 15);
    expect(grace(minimal, 'icw-support-ingress')).toBe(5 + 25 + 600 + 15);
    expect(grace(full, 'icw-support-ingress')).toBe(20 + 25 + 600 + 15);
    expect(grace(persistent, 'icw-support-ingress')).toBe(5 + 25 + 2 + 15);
  });

  test('run a handler as a native sidecar that starts before the worker', () => {
    const spec = rendered(minimal).pod('icw-support-support-worker')?.spec;
    expect(spec?.initContainers).toMatchObject([{ name: 'support', restartPolicy: 'Always' }]);
    expect(spec?.initContainers?.[0]?.startupProbe).toBeDefined();
    expect(spec?.containers.map(({ name }) => name)).toEqual(['worker']);
  });

  test('have no sidecar for a handler that runs elsewhere', () => {
    expect(rendered(targets).pod('icw-support-crm-worker')?.spec).not.toHaveProperty('initContainers');
  });
});

describe('replicas', () => {
  const replicas = (spec: Parameters<typeof webhook>[0]) => {
    const { deployment, ids } = rendered(webhook(spec));
    const budgets = ids.filter((id) => id.startsWith('PodDisruptionBudget/'));
    return {
      ingress: deployment('icw-support-ingress')?.replicas,
      worker: deployment('icw-support-support-worker')?.replicas,
      budgets,
    };
  };
  const budget = {
    ingress: 'PodDisruptionBudget/icw-support-ingress',
    worker: 'PodDisruptionBudget/icw-support-support-worker',
  };

  test('are the least asked for; a single one has no disruption budget, which would block its node', () => {
    expect(replicas({})).toEqual({ ingress: 2, worker: 1, budgets: [budget.ingress] });
    const handlers = [{ ...handler, scaling: { minReplicas: 2 } }];
    const receiver = { scaling: { minReplicas: 1 } };
    expect(replicas({ handlers, receiver })).toEqual({ ingress: 1, worker: 2, budgets: [budget.worker] });
  });

  test('of a handler that may have none are one, for nothing would scale it up again', () => {
    expect(replicas({ handlers: [{ ...handler, scaling: { minReplicas: 0 } }] }).worker).toBe(1);
  });

  test.each([{ suspend: true }, { handlers: [{ ...handler, suspend: true }] }])(
    'of a suspended worker are none, while the receiver goes on',
    (spec) => {
      expect(replicas(spec)).toMatchObject({ ingress: 2, worker: 0 });
    },
  );
});

describe('a receiver whose spool is persistent', () => {
  const spec = (spool: object, rest: object = {}) =>
    rendered(webhook({ receiver: { spool: { storage: 'Persistent', ...spool } }, ...rest })).statefulSet(
      'icw-support-ingress',
    );
  const claimOf = (spool: object) => spec(spool)?.volumeClaimTemplates?.[0]?.spec;

  test('is a StatefulSet in place of the Deployment; all else is there under the same names', () => {
    const ids = rendered(minimal).ids.map((id) =>
      id.replace('Deployment/icw-support-ing', 'StatefulSet/icw-support-ing'),
    );
    expect(rendered(persistent).ids).toEqual(ids.sort());
  });

  test('has the pods that the Deployment would have, but for where the spool is', () => {
    const podOf = (resource: IntercomWebhook) => {
      const {
        terminationGracePeriodSeconds: _,
        containers = [],
        volumes = [],
        ...rest
      } = rendered(resource).pod('icw-support-ingress')?.spec ?? {};
      const [{ resources, ...container } = { name: '' }] = containers;
      const { 'ephemeral-storage': scratch, ...requests } = resources?.requests ?? {};
      const names = volumes.map(({ name }) => name);
      return { same: { ...rest, container, requests }, names, hasScratch: scratch !== undefined };
    };
    const [ephemeral, kept] = [podOf(minimal), podOf(persistent)];
    expect(kept.same).toEqual(ephemeral.same);
    expect(ephemeral).toMatchObject({ names: ['icw-signing', 'icw-spool'], hasScratch: true });
    expect(kept).toMatchObject({ names: ['icw-signing'], hasScratch: false });
  });

  test('mounts the claim of its own, as a group that may write to it', () => {
    const { volumeClaimTemplates, template } = spec({}) ?? {};
    const [container] = template?.spec?.containers ?? [];
    const claims = volumeClaimTemplates?.map(({ metadata }) => metadata?.name);
    const mounted = container?.volumeMounts?.find(({ name }) => claims?.includes(name ?? ''));
    expect(mounted?.mountPath).toBe(rendered(persistent).configMap('icw-support-ingress')?.['SPOOL_DIR']);
    expect(template?.spec?.securityContext?.fsGroup).toBe(container?.securityContext?.runAsGroup);
  });

  test('claims room for the spool beside what a file system takes for itself', () => {
    const mebibytes = (size: string | number) =>
      Number(claimOf({ size })?.resources?.requests?.['storage'] ?? 0) / 1024 ** 2;
    expect(mebibytes('1Gi') * 0.9).toBeCloseTo(1024 + 64, 3);
    expect(mebibytes(1) * 0.9).toBeCloseTo(32 + 64, 3);
  });

  test('names a storage class only where the resource does, so that the default of the cluster holds', () => {
    expect(claimOf({})).not.toHaveProperty('storageClassName');
    expect(claimOf({ storageClassName: 'fast' })?.storageClassName).toBe('fast');
  });

  test('keeps the claims when it is scaled down or deleted: they may hold what nobody else has', () => {
    expect(spec({})?.persistentVolumeClaimRetentionPolicy).toEqual({ whenScaled: 'Retain', whenDeleted: 'Retain' });
  });

  test('changes nothing that Kubernetes fixes with the StatefulSet, whatever else the resource asks for', () => {
    const fixed = (rest: object) => {
      const { selector, serviceName, podManagementPolicy, volumeClaimTemplates } = spec({}, rest) ?? {};
      return { selector, serviceName, podManagementPolicy, volumeClaimTemplates };
    };
    const { endpoint, handlers, retention } = full.spec;
    expect(fixed({ endpoint, handlers, retention, suspend: true })).toEqual(fixed({}));
  });

  test('rolls no faster than load balancers learn of it', () => {
    expect(spec({})?.minReadySeconds).toBe(5);
    expect(spec({}, { endpoint: full.spec.endpoint })?.minReadySeconds).toBe(20);
  });
});

describe('the service', () => {
  test('leads to the webhook port first, and offers metrics inside the cluster only', () => {
    const ports = (resource: IntercomWebhook) =>
      rendered(resource)
        .service('icw-support-ingress')
        ?.spec?.ports?.map(({ name, targetPort }) => [name, targetPort]);
    expect(ports(minimal)).toEqual([
      ['webhook', 'webhook'],
      ['metrics', 'inner'],
    ]);
    expect(ports(full)).toEqual([['webhook', 'webhook']]);
  });

  test('keeps the address of the client behind a load balancer', () => {
    expect(rendered(full).service('icw-support-ingress')?.spec).toMatchObject({
      type: 'LoadBalancer',
      externalTrafficPolicy: 'Local',
    });
  });
});

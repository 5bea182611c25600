import type { V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { resourceOf } from '#operator/children.ts';
import type { Kube } from '#operator/kube/kube.ts';
import type { Desired, Resource } from '#operator/kube/resource.ts';
import type { Rendered, RenderFacts } from '#operator/render/facts.ts';
import { render } from '#operator/render/render.ts';
import { exampleFiles, isWebhook, manifestsOf } from '#test/support/examples.ts';
import {
  adminConnection,
  CONFIG_MAPS,
  configMap,
  connectedKube,
  sharedKubeconfig,
  soon,
  testNamespace,
} from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { type Strict, strictly, type Verdict } from '#test/support/strictly.ts';
import { full, gateway, ingress, minimal, persistent, targets } from '#test/unit/operator-render/resources.ts';

trackLeaks();

const PODS: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods' };
const PRIORITY_CLASSES: Resource = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
};
const RUNTIME_CLASSES: Resource = {
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
};

/** Classes that pods name here: the API server looks for them when a pod is made. */
const CLASSES = [
  { resource: PRIORITY_CLASSES, object: { metadata: { name: 'webhooks' }, value: 1000 } },
  { resource: RUNTIME_CLASSES, object: { metadata: { name: 'sandboxed' }, handler: 'runsc' } },
];

let kube: Kube;
let api: Strict;
let namespace: string;
beforeAll(async () => {
  const admin = await adminConnection(sharedKubeconfig());
  kube = connectedKube(admin);
  api = strictly(admin);
  namespace = await testNamespace(kube, { 'pod-security.kubernetes.io/enforce': 'restricted' });
  for (const { resource, object } of CLASSES) await kube.create(resource, object, soon());
});
afterAll(async () => {
  for (const { resource, object } of CLASSES) await kube.delete(resource, { name: object.metadata.name }, soon());
  kube.close();
  api.close();
});

const examples = exampleFiles.flatMap((file) =>
  manifestsOf(file)
    .filter(isWebhook)
    .map((manifest): [string, IntercomWebhook] => {
      const parsed = parseWebhook(manifest);
      if (parsed.kind === 'invalid') throw new Error(`${file}: ${JSON.stringify(parsed.problems)}`);
      return [`${manifest.metadata.name} of ${file}`, parsed.webhook];
    }),
);
const RESOURCES: readonly (readonly [string, IntercomWebhook])[] = [
  ...Object.entries({ minimal, full, targets, persistent, ingress, gateway }).map(
    ([name, each]) => [`the ${name} one`, each] as const,
  ),
  ...examples,
];

/** Facts that add nothing to the pods, and facts that add all they can. */
const INSTALLATIONS: readonly (readonly [string, RenderFacts])[] = [
  ['the least installation', renderFacts()],
  ['one with logins and Redis', renderFacts({ hasNatsCredentials: true, redisUrl: 'redis://redis:6379' })],
];

/** What is rendered of a resource, in the namespace of the test. */
const renderedHere = (webhook: IntercomWebhook, facts: RenderFacts): Rendered[] =>
  render({ ...webhook, metadata: { ...webhook.metadata, namespace } }, facts);

const isWorkload = (object: Rendered): object is V1Deployment | V1StatefulSet =>
  object.kind === 'Deployment' || object.kind === 'StatefulSet';

/** A pod as the controller of its workload would make it. */
function podOf(workload: V1Deployment | V1StatefulSet) {
  const name = `${workload.metadata?.name}-0`;
  const template = workload.spec?.template;
  const claims =
    workload.spec !== undefined && 'volumeClaimTemplates' in workload.spec ? workload.spec.volumeClaimTemplates : [];
  const claimed = (claims ?? []).map(({ metadata }) => ({
    name: metadata?.name,
    persistentVolumeClaim: { claimName: `${metadata?.name}-${name}` },
  }));
  const volumes = [...(template?.spec?.volumes ?? []), ...claimed];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: Object.assign({}, template?.metadata, { namespace, name }),
    spec: Object.assign({}, template?.spec, { volumes }),
  };
}

/** Each verdict that is not "accepted", with what it is about. */
async function refusals<T extends Desired>(objects: readonly T[], ask: (object: T) => Promise<Verdict>) {
  const verdicts = await Promise.all(objects.map(ask));
  return verdicts.flatMap((verdict, at) =>
    verdict.kind === 'accepted' ? [] : [{ object: objects[at]?.metadata?.name, ...verdict }],
  );
}

describe.each(INSTALLATIONS)('what %s renders', (_, facts) => {
  it.each(RESOURCES)('of %s is accepted by the API server, every field of it', async (__, webhook) => {
    const objects = renderedHere(webhook, facts);
    expect(objects.length).toBeGreaterThan(5);
    expect(await refusals(objects, (object) => api.wouldApply(resourceOf(object), object))).toEqual([]);
  });

  it.each(RESOURCES)('of %s makes pods that the restricted Pod Security standard accepts', async (__, webhook) => {
    const pods = renderedHere(webhook, facts).filter(isWorkload).map(podOf);
    expect(pods.length).toBe(1 + webhook.spec.handlers.length);
    expect(await refusals(pods, (pod) => api.wouldCreate(PODS, pod))).toEqual([]);
  });
});

describe('the API server of these tests', () => {
  const [deployment] = render(minimal, renderFacts()).filter(isWorkload);

  it('refuses a pod that asks for nothing of what the standard wants', async () => {
    const { spec, ...pod } = podOf(deployment as V1Deployment);
    const containers = [{ name: 'plain', image: 'plain' }];
    const plain = Object.assign({}, spec, { securityContext: {}, containers });
    const verdict = await api.wouldCreate(PODS, { ...pod, spec: plain });
    const message = expect.stringMatching(
      /violates PodSecurity "restricted:latest": allowPrivilegeEscalation .*capabilities .*runAsNonRoot .*seccompProfile /,
    ) as string;
    expect(verdict).toMatchObject({ kind: 'refused', complaints: [{ message }] });
  });

  it('refuses a field that its schema does not have', async () => {
    const object = { ...configMap(namespace, 'misspelt'), apiVersion: 'v1', kind: 'ConfigMap', dta: {} };
    const message = expect.stringContaining('.dta: field not declared in schema') as string;
    expect(await api.wouldApply(CONFIG_MAPS, object)).toMatchObject({ kind: 'refused', complaints: [{ message }] });
  });
});

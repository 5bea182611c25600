import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import type { Resource } from '#operator/kube/resource.ts';
import { exampleFiles, isWebhook, type Manifest, manifestsOf } from '#test/support/examples.ts';
import { adminConnection, connectedKube, SECRETS, sharedKubeconfig, testNamespace } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type Strict, strictly } from '#test/support/strictly.ts';

trackLeaks();

let kube: Kube;
let api: Strict;
let namespace: string;
beforeAll(async () => {
  const admin = await adminConnection(sharedKubeconfig());
  kube = connectedKube(admin);
  api = strictly(admin);
  namespace = await testNamespace(kube);
});
afterAll(() => {
  kube.close();
  api.close();
});

const manifests = exampleFiles.flatMap((file) =>
  manifestsOf(file).map((manifest) => ({ file, kind: manifest.kind, name: manifest.metadata.name, manifest })),
);

/** Into one namespace, as by `kubectl apply -f examples/`. */
const create = (resource: Resource, manifest: Manifest) =>
  api.create(resource, { ...manifest, metadata: { ...manifest.metadata, namespace } });

it.each(manifests.filter(({ manifest }) => isWebhook(manifest)))(
  '$file: the API server takes $name, and fills it in as the schema does',
  async ({ manifest }) => {
    const verdict = await create(INTERCOM_WEBHOOKS, manifest);
    const parsed = parseWebhook(manifest);
    expect(verdict).toMatchObject({ kind: 'accepted' });
    expect(verdict.kind === 'accepted' && verdict.object['spec']).toEqual(parsed.kind === 'ok' && parsed.webhook.spec);
  },
);

it.each(manifests.filter(({ manifest }) => !isWebhook(manifest)))(
  '$file: the API server takes $kind $name',
  async ({ manifest }) => {
    expect(await create(SECRETS, manifest)).toMatchObject({ kind: 'accepted', object: { kind: manifest.kind } });
  },
);

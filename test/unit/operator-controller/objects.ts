import { KubeObject } from '#operator/kube/resource.ts';
import type { Rendered } from '#operator/render/facts.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhookInput } from '#test/support/webhook.ts';

/** Of the resource, as everything that is rendered names it. */
export const { uid: UID } = renderFacts();

/** A resource as the API server has it. */
export const resource = (
  spec: Parameters<typeof webhookInput>[0] = {},
  { metadata = {}, ...rest }: { metadata?: object; status?: unknown } = {},
): KubeObject =>
  KubeObject.parse({
    ...webhookInput(spec),
    metadata: {
      name: 'support',
      namespace: 'crm',
      uid: UID,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    ...rest,
  });

/** A rendered object as the API server answers it, when it has just been applied. */
export const served = (rendered: Rendered, resourceVersion = '1'): KubeObject => {
  const plain: unknown = JSON.parse(JSON.stringify(rendered));
  const { metadata, ...rest } = plain as { metadata: object };
  const uid = `uid of ${rendered.kind} ${rendered.metadata?.name}`;
  return KubeObject.parse({ ...rest, metadata: { ...metadata, uid, resourceVersion } });
};

import { IntercomWebhook, type IntercomWebhookInput } from '#operator/api/v1alpha1.ts';
import { SECRETS, WATCHED } from '#operator/children.ts';
import { systemClock } from '#operator/clock.ts';
import { conditionsOf, INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { startReflector } from '#operator/kube/reflector.ts';
import { type KubeObject, NAMESPACES, type Resource } from '#operator/kube/resource.ts';
import { MANAGED } from '#operator/render/meta.ts';
import { render } from '#operator/render/render.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhookInput } from '#test/support/webhook.ts';

const NAMESPACE_COUNT = 5;
/** Calls of the client that are under way at once. */
const AT_ONCE = 20;
const TIMEOUT_MS = 300_000;

const namespaceOf = (place: number) => `fleet-${place % NAMESPACE_COUNT}`;
const secretOf = (name: string) => `intercom-${name}`;

export interface FleetWebhook extends Omit<IntercomWebhookInput, 'metadata'> {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/** The resource at a place: two handlers, a Secret of its own. */
export function fleetWebhook(place: number, path = '/intercom'): FleetWebhook {
  const name = `w${place}`;
  const { spec, ...rest } = webhookInput({
    endpoint: { path },
    signing: { secretKeyRefs: [{ name: secretOf(name), key: 'client-secret' }] },
    handlers: [
      { name: 'audit', builtin: { type: 'Noop' } },
      { name: 'support', container: { image: 'registry.example/handler:1.4' } },
    ],
    retention: { maxBytes: '64Mi' },
  });
  return { ...rest, metadata: { namespace: namespaceOf(place), name }, spec };
}

/** Objects that each of them is turned into. */
export const CHILDREN_EACH = render(IntercomWebhook.parse(fleetWebhook(0)), renderFacts()).length;

export async function createNamespaces(kube: Kube): Promise<void> {
  for (let i = 0; i < NAMESPACE_COUNT; i += 1) {
    await kube.create(NAMESPACES, { metadata: { name: namespaceOf(i) } }, how());
  }
}

/** Makes so many resources with their Secrets, as fast as the API server takes them. */
export async function createFleet(kube: Kube, size: number): Promise<void> {
  const places = Array.from({ length: size }, (_, place) => place).values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const place of places) await createOne(kube, place);
    }),
  );
}

/** The resource at a place, and its Secret. */
export async function createOne(kube: Kube, place: number): Promise<KubeObject> {
  const { metadata, spec } = fleetWebhook(place);
  await kube.create(SECRETS, { metadata: secretRefOf(metadata), data: { 'client-secret': 'c2VjcmV0' } }, how());
  return kube.apply(INTERCOM_WEBHOOKS, { metadata, spec }, how());
}

/** Of the Secret that {@link createOne} makes with the resource of this name. */
export const secretRefOf = ({ namespace, name }: FleetWebhook['metadata']) => ({ namespace, name: secretOf(name) });

/** Waits until the status of every one says this of its streams, for its spec as it is now, and all its objects exist. */
export async function untilBroughtAbout(kube: Kube, size: number, streamsReady: 'True' | 'False'): Promise<void> {
  const told = new Set<string>();
  const done = Promise.withResolvers<void>();
  const reflector = startReflector({
    kube,
    resource: INTERCOM_WEBHOOKS,
    scope: {},
    sink: {
      put: (webhook) => {
        if (isTold(webhook, streamsReady)) told.add(webhook.metadata.uid);
        if (told.size === size) done.resolve();
      },
      remove: () => {},
      retain: () => {},
    },
    clock: systemClock,
    random: Math.random,
  });
  const { signal } = how();
  signal.addEventListener('abort', () => done.reject(new Error(`${told.size} of ${size} are brought about`)));
  try {
    await done.promise;
  } finally {
    await reflector.stop();
  }
  let count = 0;
  for (const resource of WATCHED) count += await countOf(kube, resource);
  if (count !== size * CHILDREN_EACH) throw new Error(`${count} objects are there, ${size * CHILDREN_EACH} should be`);
}

function isTold(webhook: KubeObject, streamsReady: 'True' | 'False'): boolean {
  const condition = conditionsOf(webhook).find(({ type }) => type === 'StreamsReady');
  return condition?.status === streamsReady && condition.observedGeneration === webhook.metadata.generation;
}

async function countOf(kube: Kube, resource: Resource): Promise<number> {
  let count = 0;
  for await (const { items } of kube.pages(resource, { labelSelector: MANAGED }, how())) count += items.length;
  return count;
}

const how = () => ({ signal: AbortSignal.timeout(TIMEOUT_MS), timeoutMs: 60_000 });

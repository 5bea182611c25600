import { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { systemClock } from '#operator/clock.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { startReflector } from '#operator/kube/reflector.ts';
import type { KubeObject, Resource } from '#operator/kube/resource.ts';
import { ingressComponent, MANAGED } from '#operator/render/meta.ts';
import { fleetWebhook } from './operator-fleet.ts';

const CONFIG_MAPS: Resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
const TIMEOUT_MS = 30_000;

/**
 * Changes one resource after the other.
 * @returns in ascending order, ms from before the call that changes it, until a watch has seen what the operator made of it
 */
export async function changeTimesMs(
  kube: Kube,
  { size, changes }: { size: number; changes: number },
): Promise<number[]> {
  let onPut: (object: KubeObject) => void = () => {};
  const reflector = startReflector({
    kube,
    resource: CONFIG_MAPS,
    scope: { labelSelector: MANAGED },
    sink: { put: (object) => onPut(object), remove: () => {}, retain: () => {} },
    clock: systemClock,
    random: Math.random,
  });
  const times: number[] = [];
  try {
    await reflector.whenSynced();
    for (let i = 0; i < changes; i += 1) {
      const path = `/changed-${i}`;
      const webhook = IntercomWebhook.parse(fleetWebhook(Math.floor((i * size) / changes), path));
      const { metadata, spec } = fleetWebhook(Math.floor((i * size) / changes), path);
      const { name } = ingressComponent(webhook);
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      onPut = (object) => {
        if (object.metadata.name === name && pathOf(object) === path) resolve(performance.now());
      };
      const startMs = performance.now();
      await kube.apply(INTERCOM_WEBHOOKS, { metadata, spec }, { signal, force: true });
      times.push((await promise) - startMs);
    }
    return times.toSorted((a, b) => a - b);
  } finally {
    await reflector.stop();
  }
}

const pathOf = ({ data }: KubeObject): unknown =>
  (data as Readonly<Record<string, unknown>> | undefined)?.['WEBHOOK_PATH'];

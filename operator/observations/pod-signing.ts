import * as z from 'zod';
import { MOUNTS } from '#shared/contract.ts';
import type { KubeObject } from '../kube/resource.ts';
import type { SecretKeyRef } from './seen.ts';

const Item = z.object({ key: z.string(), path: z.string() });
/** One of several kinds; the API server adds volumes of its own. */
const Source = z.object({ secret: z.object({ name: z.string(), items: z.array(Item).default([]) }).exactOptional() });
const Volume = z.object({
  name: z.string(),
  projected: z.object({ sources: z.array(Source).default([]) }).exactOptional(),
});
const Mount = z.object({ name: z.string(), mountPath: z.string() });
const Pod = z.object({
  spec: z.object({
    containers: z.array(z.object({ volumeMounts: z.array(Mount).default([]) })),
    volumes: z.array(Volume).default([]),
  }),
});

/**
 * The keys of Secrets that a pod of a receiver has mounted to verify signatures, by their place: those of the resource
 * when the pod was made. None where the pod is not as we render it.
 */
export function signingOf(pod: KubeObject): SecretKeyRef[] {
  const { data } = Pod.safeParse(pod);
  if (data === undefined) return [];
  const { containers, volumes } = data.spec;
  const mounts = containers.flatMap(({ volumeMounts }) => volumeMounts);
  const mount = mounts.find(({ mountPath }) => mountPath === MOUNTS.signing);
  const volume = volumes.find(({ name }) => name === mount?.name);
  const keys = (volume?.projected?.sources ?? []).flatMap(({ secret }) =>
    (secret?.items ?? []).map(({ key, path }) => ({ name: secret?.name ?? '', key, place: Number(path) })),
  );
  return keys.toSorted((a, b) => a.place - b.place).map(({ name, key }) => ({ name, key }));
}

import * as z from 'zod';
import { PLURAL } from './api/crd.ts';
import { type Condition, Status } from './api/status.ts';
import { GROUP, KIND, VERSION } from './api/v1alpha1.ts';
import type { KubeObject, Resource } from './kube/resource.ts';

export const INTERCOM_WEBHOOKS: Resource = { group: GROUP, version: VERSION, kind: KIND, plural: PLURAL };

/** While a resource has it, with whatever value, it is not looked after. */
export const PAUSED_ANNOTATION = `${GROUP}/paused`;

const WithConditions = z.object({ status: z.object({ conditions: Status.shape.conditions }) });

/** Those of its status; none where they are not as we know them. */
export const conditionsOf = (object: KubeObject): readonly Condition[] =>
  WithConditions.safeParse(object).data?.status.conditions ?? [];

const WithAnnotations = z.record(z.string(), z.string());

/** A resource without the copy of itself that `kubectl apply` leaves in it. */
export function withoutLastApplied(object: KubeObject): KubeObject {
  const annotations = WithAnnotations.safeParse(object.metadata['annotations']).data;
  if (annotations === undefined) return object;
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...kept } = annotations;
  return { ...object, metadata: { ...object.metadata, annotations: kept } };
}

import * as z from 'zod';

/** One kind of object as the API server serves it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

export const NAMESPACES: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' };

const OwnerReference = z.looseObject({ apiVersion: z.string(), kind: z.string(), name: z.string(), uid: z.string() });

/** What every object of the API server has, beside fields of its kind: those are read by whoever knows the kind. */
export const KubeObject = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    /** Absent where the kind has no namespaces. */
    namespace: z.string().exactOptional(),
    uid: z.string(),
    resourceVersion: z.string(),
    generation: z.int().exactOptional(),
    deletionTimestamp: z.string().exactOptional(),
    ownerReferences: z.array(OwnerReference).exactOptional(),
  }),
});
export type KubeObject = z.output<typeof KubeObject>;

/** What is written: an object that the API server will complete. A value of a generated class, or a literal. */
export type Desired = Named | (Named & Readonly<Record<string, unknown>>);

interface Named {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
}

export interface ObjectRef {
  readonly name: string;
  readonly namespace?: string;
}

/** `apps/v1`, or `v1` in the core group. */
export const apiVersionOf = ({ group, version }: Resource): string => (group === '' ? version : `${group}/${version}`);

/** `deployments.apps`, or `secrets` in the core group: as the API server's own errors name it. */
export const titleOf = ({ group, plural }: Resource): string => (group === '' ? plural : `${plural}.${group}`);

/** The path of a collection, or of one object in it. Every part is escaped: a name cannot leave its place. */
export function pathOf(resource: Resource, at: { namespace?: string; name?: string; subresource?: string }): string {
  const { group, version, plural } = resource;
  const parts = group === '' ? ['api', version] : ['apis', group, version];
  if (at.namespace !== undefined) parts.push('namespaces', at.namespace);
  parts.push(plural);
  if (at.name !== undefined) parts.push(at.name);
  if (at.subresource !== undefined) parts.push(at.subresource);
  return parts.map((part) => `/${segment(part)}`).join('');
}

/** @throws Error on what could not stand between two slashes */
function segment(part: string): string {
  if (part === '' || part === '.' || part === '..') throw new Error(`"${part}" cannot be part of a path`);
  return encodeURIComponent(part);
}

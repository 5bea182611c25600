import * as z from 'zod';
import { isRecord } from '#shared/key.ts';

/** One kind of object as the API server serves it. */
export interface Resource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

export const NAMESPACES: Resource = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces' };

interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly [field: string]: unknown;
}

/** What every object of the API server has, beside fields of its kind: those are read by whoever knows the kind. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    /** Absent where the kind has no namespaces. */
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: OwnerReference[];
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** The value itself, not a copy of it: to copy the 7500 that an operator reads at its start beside 500 resources took 100 ms. */
export const KubeObject = z.custom<KubeObject>((value) => problemOf(value) === null, {
  error: ({ input }) => `no object of the API server: ${problemOf(input)}`,
});

function problemOf(value: unknown): string | null {
  if (!isRecord(value)) return 'not an object';
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return 'apiVersion and kind have to be texts';
  if (!isRecord(metadata)) return 'metadata has to be an object';
  const { generation, ownerReferences } = metadata;
  const wrong =
    TEXTS.find((field) => typeof metadata[field] !== 'string') ??
    OPTIONAL_TEXTS.find((field) => metadata[field] !== undefined && typeof metadata[field] !== 'string');
  if (wrong !== undefined) return `metadata.${wrong} has to be a text`;
  if (generation !== undefined && !Number.isSafeInteger(generation))
    return 'metadata.generation has to be a whole number';
  if (ownerReferences === undefined || (Array.isArray(ownerReferences) && ownerReferences.every(isOwnerReference)))
    return null;
  return 'metadata.ownerReferences has to be a list of references';
}

const TEXTS = ['name', 'uid', 'resourceVersion'];
const OPTIONAL_TEXTS = ['namespace', 'deletionTimestamp'];
const OWNER_TEXTS = ['apiVersion', 'kind', 'name', 'uid'];
const isOwnerReference = (value: unknown): boolean =>
  isRecord(value) && OWNER_TEXTS.every((field) => typeof value[field] === 'string');

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

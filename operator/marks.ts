import type { KubeObject } from './kube/resource.ts';

/** What we leave on an object that is somebody else's. */
export interface Marks {
  readonly finalizer: string;
  /** Whether the object waits for us before it goes. */
  readonly isHeld: boolean;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What is applied so that an object has just this of us. Its uid lets nothing be made anew that has gone meanwhile. */
interface MarksPatch {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly finalizers: readonly string[];
    readonly annotations: Readonly<Record<string, string>>;
  };
}

export function hasFinalizer({ metadata: { finalizers } }: KubeObject, finalizer: string): boolean {
  return Array.isArray(finalizers) && finalizers.includes(finalizer);
}

export function annotationOf({ metadata }: KubeObject, name: string): string | undefined {
  const { annotations } = metadata as { annotations?: Readonly<Record<string, string>> };
  return annotations?.[name];
}

/**
 * Null where the object has them, or where it is too late to hold it. By server-side apply: finalizers are a set and
 * annotations a map, of which a manager owns what it names and takes back what it no longer does; those of others stay.
 */
export function marksPatch(object: KubeObject, { finalizer, isHeld, annotations }: Marks): MarksPatch | null {
  const { name, namespace, uid, deletionTimestamp } = object.metadata;
  const isMarked = Object.entries(annotations).every(([key, value]) => annotationOf(object, key) === value);
  if (hasFinalizer(object, finalizer) === isHeld && isMarked) return null;
  if (isHeld && deletionTimestamp !== undefined) return null;
  const finalizers = isHeld ? [finalizer] : [];
  return { metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, finalizers, annotations } };
}

import type { KubeObject } from './kube/resource.ts';

/**
 * What is applied so that an object has just this of us. Its uid lets nothing be made anew that has gone meanwhile; its version
 * lets nothing be held that has changed meanwhile, such as whose it is.
 */
interface FinalizerPatch {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion?: string;
    readonly finalizers: readonly string[];
  };
}

/** Whether the object waits for whoever the finalizer belongs to. */
export function hasFinalizer({ metadata: { finalizers } }: KubeObject, finalizer: string): boolean {
  return Array.isArray(finalizers) && finalizers.includes(finalizer);
}

/**
 * What to apply so that an object waits for us before it goes, or no longer does; null where it is so already, or where it
 * is too late to hold it. By server-side apply: finalizers are a set, of which a manager owns what it names and takes back
 * what it no longer does; those of others stay.
 */
export function finalizerPatch(object: KubeObject, finalizer: string, isHeld: boolean): FinalizerPatch | null {
  const { name, namespace, uid, resourceVersion, deletionTimestamp } = object.metadata;
  if (hasFinalizer(object, finalizer) === isHeld || (isHeld && deletionTimestamp !== undefined)) return null;
  const at = { name, ...(namespace === undefined ? {} : { namespace }), uid };
  return { metadata: isHeld ? { ...at, resourceVersion, finalizers: [finalizer] } : { ...at, finalizers: [] } };
}

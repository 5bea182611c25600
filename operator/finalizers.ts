import type { KubeObject } from './kube/resource.ts';

/** What is applied so that an object has just this of us. Its uid lets nothing be made anew that has gone meanwhile. */
interface FinalizerPatch {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly finalizers: readonly string[];
  };
}

const finalizersOf = ({ metadata }: KubeObject): readonly unknown[] =>
  Array.isArray(metadata['finalizers']) ? metadata['finalizers'] : [];

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean =>
  finalizersOf(object).includes(finalizer);

/** What to apply so that an object waits for us before it goes; null where it does, or where it is too late for that. */
export const addedFinalizer = (object: KubeObject, finalizer: string): FinalizerPatch | null =>
  hasFinalizer(object, finalizer) || object.metadata.deletionTimestamp !== undefined
    ? null
    : patch(object, [finalizer]);

/** What to apply so that an object no longer waits for us; null where it does not. Those of others stay. */
export const removedFinalizer = (object: KubeObject, finalizer: string): FinalizerPatch | null =>
  hasFinalizer(object, finalizer) ? patch(object, []) : null;

/** By server-side apply: the list is a set, of which a manager owns what it names and takes back what it no longer does. */
const patch = ({ metadata: { name, namespace, uid } }: KubeObject, finalizers: readonly string[]): FinalizerPatch => ({
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), uid, finalizers },
});

import type { Sink } from './reflector.ts';
import type { KubeObject } from './resource.ts';

/** `<namespace>/<name>`; of an object without namespace `/<name>`. */
export type ObjectKey = `${string}/${string}`;

export interface StoreOptions<Index extends string> {
  /** By index: the values under which an object is found, such as the uids of its owners. */
  readonly indexes: Readonly<Record<Index, (object: KubeObject) => readonly string[]>>;
  /** The keys to look at again when this object comes, changes or goes: its own, or its owner's. */
  readonly concerns: (object: KubeObject) => readonly ObjectKey[];
  /** Gets every such key, after the store has changed; what has become of the object is for the one to see who looks. */
  readonly notify: (key: ObjectKey) => void;
  /** What is kept of an object; its `managedFields`, which may outweigh all else, are dropped afterwards. */
  readonly trim?: (object: KubeObject) => KubeObject;
}

/** A copy of a collection that answers without the network. Its objects are shared: nobody may change them. */
export interface Store<Index extends string> extends Sink {
  readonly size: number;
  get(key: ObjectKey): KubeObject | null;
  list(): KubeObject[];
  /** What has `value` in an index, in no order. */
  find(index: Index, value: string): KubeObject[];
}

export const keyOf = ({ namespace = '', name }: { namespace?: string; name: string }): ObjectKey =>
  `${namespace}/${name}`;

/** The uids of all who own an object. */
export const ownerUids = ({ metadata }: KubeObject): string[] => (metadata.ownerReferences ?? []).map(({ uid }) => uid);

export function createStore<Index extends string>(options: StoreOptions<Index>): Store<Index> {
  const { indexes, concerns, notify, trim = (object) => object } = options;
  const objects = new Map<ObjectKey, KubeObject>();
  const indexNames = Object.keys(indexes) as Index[];
  /** Index → value → keys. */
  const places = new Map(indexNames.map((index) => [index, new Map<string, Set<ObjectKey>>()]));

  const enter = (key: ObjectKey, object: KubeObject) => {
    objects.set(key, object);
    for (const index of indexNames) {
      for (const value of indexes[index](object)) {
        const keys = places.get(index)?.get(value);
        if (keys === undefined) places.get(index)?.set(value, new Set([key]));
        else keys.add(key);
      }
    }
  };

  const leave = (key: ObjectKey, object: KubeObject) => {
    objects.delete(key);
    for (const index of indexNames) {
      for (const value of indexes[index](object)) {
        const keys = places.get(index)?.get(value);
        keys?.delete(key);
        if (keys?.size === 0) places.get(index)?.delete(value);
      }
    }
  };

  /** Puts `after` in the place of what is there; null takes it away. @returns whom that concerns */
  const change = (key: ObjectKey, after: KubeObject | null): ObjectKey[] => {
    const before = objects.get(key) ?? null;
    if (before !== null && after !== null && isSame(before, after)) return [];
    const kept = after === null ? null : withoutManagedFields(trim(after));
    if (before !== null) leave(key, before);
    if (kept !== null) enter(key, kept);
    return [...(before === null ? [] : concerns(before)), ...(kept === null ? [] : concerns(kept))];
  };

  const notifyAll = (keys: readonly ObjectKey[]) => {
    for (const key of new Set(keys)) notify(key);
  };

  return {
    get size() {
      return objects.size;
    },
    get: (key) => objects.get(key) ?? null,
    list: () => [...objects.values()],
    find: (index, value) => Array.from(places.get(index)?.get(value) ?? [], (key) => objects.get(key)).filter(isThere),
    put: (object) => notifyAll(change(keyOf(object.metadata), object)),
    remove: (object) => notifyAll(change(keyOf(object.metadata), null)),
    retain: (uids, namespace) => {
      const isListed = ({ metadata }: KubeObject) => namespace === undefined || metadata.namespace === namespace;
      const gone = Array.from(objects).filter(([, object]) => isListed(object) && !uids.has(object.metadata.uid));
      notifyAll(gone.flatMap(([key]) => change(key, null)));
    },
  };
}

const isThere = (object: KubeObject | undefined): object is KubeObject => object !== undefined;

/** A name that was deleted and made again has another uid. */
const isSame = ({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean =>
  a.uid === b.uid && a.resourceVersion === b.resourceVersion;

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

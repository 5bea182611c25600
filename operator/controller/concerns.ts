import type { KubeObject, Resource } from '../kube/resource.ts';
import { keyOf, type ObjectKey, type Store } from '../kube/store.ts';

/** An object concerns itself. */
export const itself = ({ metadata }: KubeObject): ObjectKey[] => [keyOf(metadata)];

/** Whom an object concerns: its owners of this kind, in the version that we serve or another. */
export const ownersOf =
  (resource: Resource) =>
  ({ metadata }: KubeObject): ObjectKey[] =>
    (metadata.ownerReferences ?? [])
      .filter(({ apiVersion, kind }) => kind === resource.kind && groupOf(apiVersion) === resource.group)
      // An owner lives in the namespace of what it owns.
      .map(({ name }) => keyOf({ ...metadata, name }));

/** Whom an object concerns: those of `store` that name it, by its key, in `index`. */
export const referrersIn =
  <Index extends string>(store: Pick<Store<Index>, 'find'>, index: Index) =>
  ({ metadata }: KubeObject): ObjectKey[] =>
    store.find(index, keyOf(metadata)).map((referrer) => keyOf(referrer.metadata));

const groupOf = (apiVersion: string): string => (apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '');

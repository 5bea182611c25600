/** One entry of `metadata.ownerReferences`. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** The reference by which an object is collected together with its owner, who alone manages it. */
export const controllerReference = ({
  apiVersion,
  kind,
  name,
  uid,
}: Required<Pick<OwnerReference, 'apiVersion' | 'kind' | 'name' | 'uid'>>) => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

interface Owned {
  readonly metadata: { readonly ownerReferences?: readonly Pick<OwnerReference, 'uid' | 'controller'>[] };
}

/** Whether this owner manages the object, and not one that had its name before. */
export const isControlledBy = ({ metadata }: Owned, uid: string): boolean =>
  (metadata.ownerReferences ?? []).some((reference) => reference.controller === true && reference.uid === uid);

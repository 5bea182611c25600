import { isRecord } from '#shared/key.ts';
import { type ChildName, childName, SECRETS } from './children.ts';
import type { Clock } from './clock.ts';
import { FIELD_MANAGER, hasCreatedFields } from './kube/field-owners.ts';
import type { KubeObject } from './kube/resource.ts';
import { ownerUids, type Store } from './kube/store.ts';

/** An object that we wrote, as the API server answered, until a watch tells of it. */
interface Written {
  readonly after: KubeObject;
  /** Whether no watch had told of it before: then that none knows of it says nothing. */
  readonly wasAbsent: boolean;
  readonly untilMs: number;
}

/** The objects of each resource, as far as we know of them: what we wrote a moment ago is there, heard of or not. */
export interface Children {
  of(owner: KubeObject): ReadonlyMap<ChildName, KubeObject>;
  wrote(owner: KubeObject, change: { readonly before: KubeObject | null; readonly after: KubeObject }): void;
  /** A watch tells of it: what it says from here on is newer than what we wrote before. */
  heard(child: KubeObject): void;
}

/** A watch is behind by so much at most, or it is restarted. */
const HEARD_WITHIN_MS = 30_000;
/** Secrets are not watched: after this long they are looked at again. */
const SECRET_HOLDS_MS = 240_000;

/** @param stores copies of every watched kind, with an index by the uids of owners */
export function createChildren(stores: readonly Pick<Store<'owner'>, 'find'>[], clock: Clock): Children {
  /** By uid of the owner; those that were not written to for longest first. */
  const written = new Map<string, Map<ChildName, Written>>();

  const isUnheard = ({ after, wasAbsent, untilMs }: Written, heard: KubeObject | undefined): boolean =>
    untilMs > clock.now() && (heard === undefined ? wasAbsent : isOlder(heard, after));

  const forgetExpired = () => {
    for (const [uid, own] of written) {
      if ([...own.values()].some(({ untilMs }) => untilMs > clock.now())) return;
      written.delete(uid);
    }
  };

  return {
    of: ({ metadata: { uid, namespace } }) => {
      const found = new Map(
        stores
          .flatMap((store) => store.find('owner', uid))
          // An owner is in the namespace of what it owns, whatever is claimed in another.
          .filter((child) => child.metadata.namespace === namespace)
          .map((child) => [childName(child), child]),
      );
      const own = written.get(uid);
      for (const [name, entry] of own ?? []) {
        if (isUnheard(entry, found.get(name))) found.set(name, entry.after);
        else own?.delete(name);
      }
      if (own?.size === 0) written.delete(uid);
      return found;
    },
    wrote: ({ metadata: { uid } }, { before, after }) => {
      forgetExpired();
      const isSecret = after.kind === SECRETS.kind;
      const own = written.get(uid) ?? new Map<ChildName, Written>();
      written.delete(uid);
      written.set(uid, own);
      const name = childName(after);
      const last = own.get(name);
      own.set(name, {
        after: trimmedChild(after),
        wasAbsent:
          isSecret || before?.metadata.uid !== after.metadata.uid || (before === last?.after && last.wasAbsent),
        untilMs: clock.now() + (isSecret ? SECRET_HOLDS_MS : HEARD_WITHIN_MS),
      });
    },
    heard: (child) => {
      for (const uid of ownerUids(child)) {
        const entry = written.get(uid)?.get(childName(child));
        if (entry !== undefined && !isOlder(child, entry.after)) written.get(uid)?.delete(childName(child));
      }
    },
  };
}

/** The API server counts: of two numbers of equal length the text that comes first is the smaller. */
function isOlder({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean {
  const [one, other] = [a.resourceVersion, b.resourceVersion];
  return one.length === other.length ? one < other : one.length < other.length;
}

export const byOwner = { owner: ownerUids };

/**
 * What we keep of a child: of its status how many pods there are, and who leads to it; whether it was scaled; and whether
 * we have created it and not applied it since.
 */
export function trimmedChild(object: KubeObject): KubeObject {
  const { status, ...rest } = object;
  const entries = isRecord(status) ? Object.entries(status) : [];
  const kept = entries.filter(([field, value]) => (typeof value === 'number' ? COUNTS.has(field) : ROUTES.has(field)));
  return {
    ...rest,
    ...(kept.length === 0 ? {} : { status: Object.fromEntries(kept) }),
    ...(isScaled(object) ? { isScaled: true } : {}),
    ...(hasCreatedFields(object, FIELD_MANAGER) ? { isCreated: true } : {}),
  };
}

/** Of a Service or an Ingress, of an HTTPRoute. */
const ROUTES: ReadonlySet<string> = new Set(['loadBalancer', 'parents']);
const COUNTS: ReadonlySet<string> = new Set([
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
]);

/** By whoever sets `spec.replicas` through the `scale` subresource: HorizontalPodAutoscalers live in this process. */
const AUTOSCALER = 'kube-controller-manager';

function isScaled({ metadata }: KubeObject): boolean {
  const managers = metadata['managedFields'];
  return (
    Array.isArray(managers) &&
    managers.some(
      (entry: unknown) => isRecord(entry) && entry['manager'] === AUTOSCALER && entry['subresource'] === 'scale',
    )
  );
}

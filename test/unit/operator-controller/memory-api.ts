import type { ApplyDeps } from '#operator/apply.ts';
import { FIELD_MANAGER } from '#operator/kube/field-owners.ts';
import { KubeError, type KubeFailure } from '#operator/kube/kube-error.ts';
import { KubeObject, type Resource } from '#operator/kube/resource.ts';

/** Objects of one namespace, and the few calls that write them. */
export interface MemoryApi {
  readonly kube: ApplyDeps['kube'];
  readonly objects: Map<string, KubeObject>;
  /** `<verb> <kind> <name>`, in their order. */
  readonly calls: string[];
  /** What somebody else writes; in another version. */
  put(object: KubeObject): KubeObject;
  /** Whatever is done to this object fails so from now on. */
  fail(name: string, kind: KubeFailure): void;
}

export function createMemoryApi(): MemoryApi {
  const objects = new Map<string, KubeObject>();
  const calls: string[] = [];
  const failures = new Map<string, KubeFailure>();
  let version = 100;
  const called = (verb: 'get' | 'create' | 'patch' | 'apply' | 'delete', resource: Resource, name = ''): string => {
    const key = `${resource.kind} ${name}`;
    calls.push(`${verb} ${key}`);
    const failure = failures.get(key);
    if (failure !== undefined) throw new KubeError(failure, { verb, resource, ref: { name } }, 'planned');
    return key;
  };
  const write = (key: string, desired: object): KubeObject => {
    version += 1;
    const before = objects.get(key);
    const { uid = `uid of ${key}` } = before?.metadata ?? {};
    const plain = JSON.parse(JSON.stringify({ ...before, ...desired })) as { kind: string; metadata: object };
    const metadata = { ...before?.metadata, ...plain.metadata, uid, resourceVersion: String(version) };
    const after = KubeObject.parse({ ...plain, metadata });
    objects.set(key, after);
    return after;
  };
  return {
    objects,
    calls,
    put: ({ metadata, ...rest }) => {
      version += 1;
      const object = { ...rest, metadata: { ...metadata, resourceVersion: String(version) } };
      objects.set(`${object.kind} ${metadata.name}`, object);
      return object;
    },
    fail: (name, kind) => failures.set(name, kind),
    kube: {
      get: async (resource, { name }) => objects.get(called('get', resource, name)) ?? null,
      create: async (resource, desired) => {
        const key = called('create', resource, desired.metadata?.name);
        const { name = '' } = desired.metadata ?? {};
        if (objects.has(key))
          throw new KubeError('already-exists', { verb: 'create', resource, ref: { name } }, 'taken');
        const managedFields = [{ manager: FIELD_MANAGER, operation: 'Update' }];
        return write(key, { ...desired, kind: resource.kind, metadata: { ...desired.metadata, managedFields } });
      },
      adoptFields: async (resource, { name }) => {
        const key = called('patch', resource, name);
        const found = objects.get(key);
        if (found === undefined) return;
        const managedFields = [{ manager: FIELD_MANAGER, operation: 'Apply' }];
        write(key, { ...found, metadata: { ...found.metadata, managedFields } });
      },
      apply: async (resource, desired) =>
        write(called('apply', resource, desired.metadata?.name), { ...desired, kind: resource.kind }),
      delete: async (resource, { name }, { preconditions }) => {
        const key = called('delete', resource, name);
        const found = objects.get(key);
        if (found === undefined) return false;
        if (preconditions?.uid !== undefined && preconditions.uid !== found.metadata.uid) {
          throw new KubeError('conflict', { verb: 'delete', resource, ref: { name } }, 'another uid');
        }
        return objects.delete(key);
      },
    },
  };
}

import type { ApplyDeps } from '#operator/apply.ts';
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
  const called = (verb: 'get' | 'apply' | 'delete', resource: Resource, name = ''): string => {
    const key = `${resource.kind} ${name}`;
    calls.push(`${verb} ${key}`);
    const failure = failures.get(key);
    if (failure !== undefined) throw new KubeError(failure, { verb, resource, ref: { name } }, 'planned');
    return key;
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
      apply: async (resource, desired) => {
        const key = called('apply', resource, desired.metadata?.name);
        version += 1;
        const before = objects.get(key);
        const { uid = `uid of ${key}` } = before?.metadata ?? {};
        const plain = JSON.parse(JSON.stringify({ ...before, ...desired })) as { metadata: object };
        const metadata = { ...before?.metadata, ...plain.metadata, uid, resourceVersion: String(version) };
        const after = KubeObject.parse({ ...plain, kind: resource.kind, metadata });
        objects.set(key, after);
        return after;
      },
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

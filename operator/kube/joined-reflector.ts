import type { Reflector } from './reflector.ts';
import type { Resource } from './resource.ts';

/** Several reflectors of one kind as one, which is as well as the worst of them. */
export function joinedReflector(resource: Resource, reflectors: readonly Reflector[]): Reflector {
  const [only] = reflectors;
  if (reflectors.length === 1 && only !== undefined) return only;
  const synced = Promise.all(reflectors.map((each) => each.whenSynced())).then(() => undefined);
  // Not everybody waits for it.
  synced.catch(() => {});
  return {
    resource,
    whenSynced: () => synced,
    silentMs: () => Math.max(...reflectors.map((each) => each.silentMs())),
    isDeaf: () => reflectors.some((each) => each.isDeaf()),
    stop: async () => {
      await Promise.all(reflectors.map((each) => each.stop()));
    },
  };
}

import { beforeAll, describe, expect, it } from 'vitest';
import type { Connection } from '#operator/kube/connection.ts';
import type { Kube } from '#operator/kube/kube.ts';
import type { WatchEvent } from '#operator/kube/watch.ts';
import {
  adminConnection,
  CONFIG_MAPS,
  configMap,
  sharedKubeconfig,
  soon,
  testKube,
  testNamespace,
} from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

let admin: Connection;
beforeAll(async () => {
  admin = await adminConnection(sharedKubeconfig());
});

async function place() {
  const kube = testKube(admin);
  const namespace = await testNamespace(kube);
  const { value: page } = await kube.pages(CONFIG_MAPS, { namespace }, soon()).next();
  return { kube, namespace, resourceVersion: page?.resourceVersion ?? '' };
}

const watching = (kube: Kube, namespace: string, resourceVersion: string, seconds = 30) =>
  kube.watch(CONFIG_MAPS, { namespace, resourceVersion, seconds }, { ...soon(), silenceMs: 10_000 });

const brief = (event: WatchEvent) =>
  event.kind === 'bookmark' ? event.kind : `${event.kind} ${event.object.metadata.name}`;

describe('a watch', () => {
  it('tells everything since its resource version, in order, and lets go of the connection when left', async () => {
    const { kube, namespace, resourceVersion } = await place();
    await kube.create(CONFIG_MAPS, configMap(namespace, 'a'), soon());
    await kube.apply(CONFIG_MAPS, configMap(namespace, 'a', { x: '1' }), { ...soon(), force: true });
    await kube.create(CONFIG_MAPS, configMap(namespace, 'b'), soon());
    await kube.delete(CONFIG_MAPS, { namespace, name: 'a' }, soon());
    const seen: string[] = [];
    for await (const event of watching(kube, namespace, resourceVersion)) {
      seen.push(brief(event));
      if (seen.length === 4) break;
    }
    expect(seen).toEqual(['changed a', 'changed a', 'changed b', 'deleted a']);
  });

  it('tells what happens while it is open, and ends by itself after the seconds asked for, with a bookmark', async () => {
    const { kube, namespace, resourceVersion } = await place();
    const seen: string[] = [];
    let last = '';
    // The API server sends no bookmark before it has seen anything of the kind.
    const late = Promise.withResolvers<unknown>();
    const onOpen = () => late.resolve(kube.create(CONFIG_MAPS, configMap(namespace, 'late'), soon()));
    const scope = { namespace, resourceVersion, seconds: 4 };
    for await (const event of kube.watch(CONFIG_MAPS, scope, { ...soon(), silenceMs: 10_000, onOpen })) {
      seen.push(brief(event));
      if (event.kind === 'bookmark') last = event.resourceVersion;
    }
    await late.promise;
    expect(seen).toContain('bookmark');
    expect(seen).toContain('changed late');
    expect(Number(last)).toBeGreaterThan(Number(resourceVersion));
  });

  it('fails when nothing comes for too long', async () => {
    const { kube, namespace, resourceVersion } = await place();
    const events = kube.watch(CONFIG_MAPS, { namespace, resourceVersion, seconds: 30 }, { ...soon(), silenceMs: 300 });
    await expect(events.next()).rejects.toMatchObject({ kind: 'timed-out' });
  });

  it('ends with the reason of its signal', async () => {
    const { kube, namespace, resourceVersion } = await place();
    const stop = new AbortController();
    const events = kube.watch(
      CONFIG_MAPS,
      { namespace, resourceVersion, seconds: 30 },
      { signal: stop.signal, silenceMs: 10_000, onOpen: () => stop.abort(new Error('enough')) },
    );
    await expect(events.next()).rejects.toThrow('enough');
  });
});

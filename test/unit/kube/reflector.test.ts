import { describe, expect, it, onTestFinished } from 'vitest';
import type { Kube } from '#operator/kube/kube.ts';
import { type Call, KubeError } from '#operator/kube/kube-error.ts';
import { type Incident, startReflector } from '#operator/kube/reflector.ts';
import type { Resource } from '#operator/kube/resource.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';

const SECRETS: Resource = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets' };
const CALL: Call = { verb: 'watch', resource: SECRETS };

type Watch = Kube['watch'];

/** A reflector against an API server of which only the manner of its watches matters. */
function scene(
  watch: Watch,
  {
    list = async function* () {
      yield { items: [], resourceVersion: '7' };
    },
    isOptional = false,
  }: { list?: () => ReturnType<Kube['pages']>; isOptional?: boolean } = {},
) {
  const clock = createFakeClock();
  const incidents: Incident[] = [];
  const watchedFrom: string[] = [];
  /** How many were left after each list. */
  const retained: number[] = [];
  const reflector = startReflector({
    kube: {
      pages: list,
      watch: (resource, scope, options) => {
        watchedFrom.push(scope.resourceVersion);
        return watch(resource, scope, options);
      },
    },
    resource: SECRETS,
    scope: {},
    sink: { put: () => {}, remove: () => {}, retain: (uids) => retained.push(uids.size) },
    isOptional,
    clock,
    random: () => 0.5,
    onIncident: (incident) => incidents.push(incident),
  });
  onTestFinished(() => reflector.stop());
  const count = (kind: Incident['kind']) => incidents.filter((incident) => incident.kind === kind).length;
  return { clock, reflector, watchedFrom, retained, count };
}

const refuse = (kind: KubeError['kind'], retryAfterMs?: number): Watch =>
  async function* () {
    yield* [];
    throw new KubeError(kind, CALL, 'no', retryAfterMs === undefined ? {} : { retryAfterMs });
  };

const MINUTE_MS = 60_000;

describe('a reflector whose watches fail at once', () => {
  it('lists at most every 7 seconds when each resource version is too old', async () => {
    const { clock, count } = scene(refuse('gone'));
    await clock.run(10 * MINUTE_MS, 100);
    // The first few come sooner.
    expect(count('listed')).toBeGreaterThan(60);
    expect(count('listed')).toBeLessThan(95);
  });

  it('watches at most every 7 seconds when the API server ends each watch, and lists once', async () => {
    const { clock, count, watchedFrom } = scene(async function* () {});
    await clock.run(10 * MINUTE_MS, 100);
    expect(count('ended')).toBeGreaterThan(60);
    expect(count('ended')).toBeLessThan(95);
    expect(count('listed')).toBe(1);
    expect(new Set(watchedFrom)).toEqual(new Set(['7']));
  });

  it('pauses for as long as the API server asks', async () => {
    const { clock, watchedFrom } = scene(refuse('unavailable', 30_000));
    await clock.run(10 * MINUTE_MS, 100);
    expect(watchedFrom.length).toBeGreaterThan(18);
    expect(watchedFrom.length).toBeLessThan(22);
  });

  it('is deaf from then on that a watch would have ended, and not before', async () => {
    const { clock, reflector } = scene(refuse('unavailable'));
    // 40 s and half of that, 10 s of silence, 10 s to reconnect.
    await clock.run(79_900, 100);
    expect(reflector.isDeaf()).toBe(false);
    await clock.run(200, 100);
    expect(reflector.isDeaf()).toBe(true);
  });
});

describe('a kind that is not served', () => {
  /** Lists fail until the kind is installed, and its watches when it is taken away. */
  function installable(isOptional: boolean) {
    const server = { isInstalled: false };
    const list = async function* () {
      if (!server.isInstalled)
        throw new KubeError('not-found', CALL, 'the server could not find the requested resource');
      yield { items: [], resourceVersion: '7' };
    };
    const watch: Watch = async function* (_resource, _scope, { onOpen, signal }) {
      if (!server.isInstalled) throw new KubeError('not-found', CALL, 'no');
      onOpen?.();
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = of.clock.after(40_000, resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
      await promise;
      cancel();
      yield* [];
    };
    const of = scene(watch, { list, isOptional });
    return { server, ...of };
  }

  it('counts as one of which there is nothing, is asked for four times a minute, and is not missed', async () => {
    const { clock, count, reflector, retained } = installable(true);
    await clock.run(10 * MINUTE_MS, 100);
    await reflector.whenSynced();
    expect(count('unserved')).toBeGreaterThan(35);
    expect(count('unserved')).toBeLessThan(45);
    expect(count('failed')).toBe(0);
    expect(new Set(retained)).toEqual(new Set([0]));
    expect(reflector.isDeaf()).toBe(false);
  });

  it('is noticed within 15 seconds when it comes, and when it goes as soon as its watch ends', async () => {
    const { clock, count, server } = installable(true);
    await clock.run(MINUTE_MS, 100);
    server.isInstalled = true;
    await clock.run(15_100, 100);
    expect(count('listed')).toBe(1);
    server.isInstalled = false;
    const before = count('unserved');
    await clock.run(MINUTE_MS, 100);
    expect(count('unserved')).toBeGreaterThan(before);
  });

  it('is a failure where it has to be there', async () => {
    const { clock, count } = installable(false);
    await clock.run(MINUTE_MS, 100);
    expect(count('unserved')).toBe(0);
    expect(count('failed')).toBeGreaterThan(5);
  });
});

it('watches on without a pause where a watch has lived, from the bookmark it ended with', async () => {
  const { clock, count, watchedFrom } = scene(async function* (_resource, { seconds }, { onOpen, signal }) {
    onOpen?.();
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(seconds * 1000, resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    cancel();
    yield { kind: 'bookmark', resourceVersion: String(clock.now()) };
  });
  await clock.run(10 * MINUTE_MS, 1000);
  expect(count('listed')).toBe(1);
  expect(watchedFrom.slice(0, 4)).toEqual(['7', '50000', '100000', '150000']);
});

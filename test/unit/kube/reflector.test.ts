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
function scene(watch: Watch) {
  const clock = createFakeClock();
  const incidents: Incident[] = [];
  const watchedFrom: string[] = [];
  const reflector = startReflector({
    kube: {
      pages: async function* () {
        yield { items: [], resourceVersion: '7' };
      },
      watch: (resource, scope, options) => {
        watchedFrom.push(scope.resourceVersion);
        return watch(resource, scope, options);
      },
    },
    resource: SECRETS,
    scope: {},
    sink: { put: () => {}, remove: () => {}, retain: () => {} },
    clock,
    random: () => 0.5,
    onIncident: (incident) => incidents.push(incident),
  });
  onTestFinished(() => reflector.stop());
  const count = (kind: Incident['kind']) => incidents.filter((incident) => incident.kind === kind).length;
  return { clock, reflector, watchedFrom, count };
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

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#operator/clock.ts';
import { itself, ownersOf, referrersIn } from '#operator/controller/concerns.ts';
import { createController, type Ended, type Reconcile } from '#operator/controller/controller.ts';
import { startMirror } from '#operator/controller/mirror.ts';
import { EVENTS, eventObject, type Happening, type Series } from '#operator/events/event.ts';
import { createEventRecorder, type EventResult } from '#operator/events/recorder.ts';
import { finalizerPatch, hasFinalizer } from '#operator/finalizers.ts';
import type { Connection } from '#operator/kube/connection.ts';
import type { Desired, KubeObject } from '#operator/kube/resource.ts';
import { keyOf, type ObjectKey } from '#operator/kube/store.ts';
import { controllerReference } from '#operator/owner-references.ts';
import {
  adminConnection,
  CONFIG_MAPS,
  configMap,
  SECRETS,
  sharedKubeconfig,
  soon,
  testKube,
  testNamespace,
} from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

let admin: Connection;
beforeAll(async () => {
  admin = await adminConnection(sharedKubeconfig());
});

const OWNED = { group: '', version: 'v1', kind: 'Service', plural: 'services' };
const secretsOf = ({ data, metadata }: KubeObject): string[] =>
  typeof data === 'object' && data !== null && 'secret' in data
    ? [keyOf({ ...metadata, name: String(data.secret) })]
    : [];

/** Config maps as resources, which name a Secret in `data.secret` and own Services. */
async function engine(reconcile: Reconcile) {
  const kube = testKube(admin);
  const namespace = await testNamespace(kube);
  const ended: Ended[] = [];
  const common = { kube, scope: { namespace }, clock: systemClock, random: Math.random };
  const notify = (key: ObjectKey) => controller.notify(key);
  const resources = startMirror({
    ...common,
    resource: CONFIG_MAPS,
    indexes: { secret: secretsOf },
    concerns: itself,
    notify,
  });
  const secrets = startMirror({
    ...common,
    resource: SECRETS,
    indexes: {},
    concerns: referrersIn(resources.store, 'secret'),
    notify,
  });
  const services = startMirror({ ...common, resource: OWNED, indexes: {}, concerns: ownersOf(CONFIG_MAPS), notify });
  const controller = createController({
    keys: () => resources.store.list().map(({ metadata }) => keyOf(metadata)),
    clock: systemClock,
    random: Math.random,
    onOutcome: (end) => ended.push(end),
    onStuck: (key) => expect.unreachable(`${key} is stuck`),
  });
  const mirrors = [resources, secrets, services];
  onTestFinished(async () => {
    await Promise.all(mirrors.map(({ reflector }) => reflector.stop()));
  });
  await Promise.all(mirrors.map(({ reflector }) => reflector.whenSynced()));
  const lead = () => {
    const term = new AbortController();
    const led = controller.lead({ signal: term.signal, isHeld: () => !term.signal.aborted }, reconcile);
    const lose = async () => {
      term.abort(new Error('lost'));
      await led;
    };
    onTestFinished(lose);
    return lose;
  };
  const passes = (name: string) => ended.filter(({ key }) => key === `${namespace}/${name}`).length;
  const toPass = (name: string, count: number) =>
    until(() => passes(name) >= count, { describe: `${count} passes over ${name}` });
  return { kube, namespace, ended, lead, passes, toPass, mirrors };
}

describe('an engine on the real API server', () => {
  it('looks at a resource again when what it owns or a Secret that it names changes, and at no other', async () => {
    const { kube, namespace, lead, passes, toPass } = await engine(async () => ({ kind: 'done' }));
    const owner = await kube.create(CONFIG_MAPS, configMap(namespace, 'owner', { secret: 'token' }), soon());
    await kube.create(CONFIG_MAPS, configMap(namespace, 'other'), soon());
    lead();
    await toPass('owner', 1);
    await toPass('other', 1);

    const secret = { metadata: { namespace, name: 'token' }, stringData: { key: '1' } };
    await kube.create(SECRETS, secret, soon());
    await toPass('owner', 2);

    const { apiVersion, kind } = owner;
    const ownerReferences = [controllerReference({ apiVersion, kind, name: 'owner', uid: owner.metadata.uid })];
    const metadata = { namespace, name: 'owned', ownerReferences };
    await kube.create(OWNED, { metadata, spec: { ports: [{ port: 80 }] } }, soon());
    await toPass('owner', 3);
    await kube.delete(OWNED, { namespace, name: 'owned' }, soon());
    await toPass('owner', 4);
    expect(passes('other')).toBe(1);
  });

  it('does nothing after a term, and looks at everything in the next', async () => {
    const { kube, namespace, lead, passes, toPass } = await engine(async () => ({ kind: 'done' }));
    await kube.create(CONFIG_MAPS, configMap(namespace, 'a'), soon());
    const lose = lead();
    await toPass('a', 1);
    await lose();
    await kube.apply(CONFIG_MAPS, configMap(namespace, 'b'), soon());
    await kube.apply(CONFIG_MAPS, configMap(namespace, 'c'), soon());
    expect([passes('a'), passes('b')]).toEqual([1, 0]);
    lead();
    await toPass('a', 2);
    await toPass('b', 1);
    await toPass('c', 1);
  });

  it('tries a pass that failed until it does well, and says what is wrong with a kind that is not there', async () => {
    let faults = 3;
    const { kube, namespace, lead, ended } = await engine(async () => {
      if (faults-- > 0) throw new Error('away');
      return { kind: 'done' };
    });
    await kube.create(CONFIG_MAPS, configMap(namespace, 'a'), soon());
    lead();
    await until(() => ended.some(({ outcome }) => outcome.kind === 'done'), { describe: 'success' });
    expect(ended.map(({ outcome }) => outcome.kind)).toEqual(['failed', 'failed', 'failed', 'done']);

    const unserved = startMirror({
      kube,
      resource: { group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things' },
      scope: {},
      indexes: {},
      concerns: itself,
      notify: () => {},
      clock: systemClock,
      random: Math.random,
    });
    onTestFinished(() => unserved.reflector.stop());
    await until(() => unserved.problem()?.includes('things.example.com is not served'), { describe: 'the problem' });
  });
});

describe('Events on the real API server', () => {
  const happening: Happening = { type: 'Warning', reason: 'Invalid', action: 'Parse', note: 'ü'.repeat(1000) };
  const reporter = { controller: 'intercom-operator.io/operator', instance: 'operator-0' };

  it('are taken with a note of any length, and counted up in place', async () => {
    const kube = testKube(admin);
    const namespace = await testNamespace(kube);
    const regarding = await kube.create(CONFIG_MAPS, configMap(namespace, 'a'), soon());
    const firstAt = new Date();
    const series = (count: number): Series => ({ regarding, happening, firstAt, count, lastAt: new Date() });
    const write = (count: number) =>
      kube.apply(EVENTS, eventObject(series(count), reporter), { ...soon(), force: true });
    const first = await write(1);
    expect(first).toMatchObject({ reason: 'Invalid', regarding: { uid: regarding.metadata.uid } });
    for (const count of [2, 17]) {
      const again = await write(count);
      expect(again.metadata.uid).toBe(first.metadata.uid);
      expect(again).toMatchObject({ series: { count } });
    }
  });

  it('come from a recorder that a refusal does not disturb', async () => {
    const kube = testKube(admin);
    const namespace = await testNamespace(kube);
    const regarding = await kube.create(CONFIG_MAPS, configMap(namespace, 'a'), soon());
    const results: EventResult['kind'][] = [];
    const stop = new AbortController();
    onTestFinished(() => stop.abort(new Error('over')));
    const recorder = createEventRecorder({
      kube,
      reporter,
      clock: systemClock,
      date: () => new Date(),
      signal: stop.signal,
      onResult: ({ kind }) => results.push(kind),
    });
    const nowhere = { ...regarding, metadata: { ...regarding.metadata, namespace: 'nowhere', uid: 'u2' } };
    recorder.record(nowhere, happening);
    recorder.record(regarding, happening);
    await until(() => results.length === 2, { describe: 'both to be over' });
    expect(results).toEqual(['failed', 'written']);
    expect((await kube.pages(EVENTS, { namespace }, soon()).next()).value).toMatchObject({
      items: [{ reason: 'Invalid' }],
    });
  });
});

describe('a finalizer on the real API server', () => {
  const ours = 'intercom-operator.io/streams';

  it('is added and removed beside those of others, and brings nothing back that has gone', async () => {
    const kube = testKube(admin);
    const namespace = await testNamespace(kube);
    const metadata = { namespace, name: 'a', finalizers: ['example.com/other'] };
    const made = await kube.create(CONFIG_MAPS, { metadata }, soon());
    const added = finalizerPatch(made, ours, true);
    const bound = await kube.apply(CONFIG_MAPS, added ?? {}, soon());
    expect(hasFinalizer(bound, ours) && hasFinalizer(bound, 'example.com/other')).toBe(true);
    await kube.delete(CONFIG_MAPS, metadata, soon());
    const freed = await kube.apply(CONFIG_MAPS, finalizerPatch(bound, ours, false) ?? {}, soon());
    expect(freed.metadata['finalizers']).toEqual(['example.com/other']);
    const without: Desired = { ...freed, metadata: Object.assign(freed.metadata, { finalizers: [] }) };
    await kube.replace(CONFIG_MAPS, without, soon());
    await until(async () => (await kube.get(CONFIG_MAPS, metadata, soon())) === null, { describe: 'it to be gone' });
    await expect(kube.apply(CONFIG_MAPS, added ?? {}, soon())).rejects.toMatchObject({ kind: 'conflict' });
    expect(await kube.get(CONFIG_MAPS, metadata, soon())).toBeNull();
  });
});

import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '#operator/clock.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { campaign, type LeadershipChange } from '#operator/leader/campaign.ts';
import { LEASES } from '#operator/leader/lease.ts';
import { adminConnection, sharedKubeconfig, soon, testKube, testNamespace } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';

trackLeaks();

const TIMING = { durationMs: 2000, renewDeadlineMs: 1400, renewEveryMs: 400, lookEveryMs: 200 };

async function candidate(namespace: string) {
  const kube: Kube = testKube(await adminConnection(sharedKubeconfig()));
  const identity = randomUUID();
  const stop = new AbortController();
  const changes: LeadershipChange[] = [];
  let isLeading = false;
  const ended = campaign(
    {
      kube,
      ref: { namespace, name: 'operator' },
      identity,
      clock: systemClock,
      date: () => new Date(),
      random: Math.random,
      timing: TIMING,
      onChange: (change) => changes.push(change),
    },
    async ({ signal }) => {
      isLeading = true;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      isLeading = false;
    },
    stop.signal,
  );
  const end = async () => {
    stop.abort(new Error('stop'));
    await ended;
  };
  onTestFinished(end);
  return { kube, identity, changes, end, leads: () => isLeading };
}

it('passes a lease of the real API server on: at once when it is released, after its duration when its holder is gone', async () => {
  const observer = testKube(await adminConnection(sharedKubeconfig()));
  const namespace = await testNamespace(observer);
  const holder = async () => (await observer.get(LEASES, { namespace, name: 'operator' }, soon()))?.['spec'];

  const a = await candidate(namespace);
  await until(a.leads, { describe: 'a to lead' });
  expect(await holder()).toMatchObject({ holderIdentity: a.identity, leaseDurationSeconds: 2, leaseTransitions: 0 });
  const b = await candidate(namespace);
  await until(async () => JSON.stringify(await holder()) !== JSON.stringify(await holder()), {
    describe: 'a to renew',
    everyMs: 1,
  });
  expect(b.leads()).toBe(false);

  await a.end();
  await until(b.leads, { describe: 'b to lead after the release', timeoutMs: 5000 });
  expect(await holder()).toMatchObject({ holderIdentity: b.identity, leaseTransitions: 1 });

  const c = await candidate(namespace);
  // From now on b reaches nobody.
  b.kube.replace = () => Promise.reject(new Error('cut off'));
  b.kube.get = () => Promise.reject(new Error('cut off'));
  await until(c.leads, { describe: 'c to lead after the duration' });
  expect(b.leads()).toBe(false);
  expect(b.changes.map(({ kind }) => kind)).toContain('lost');
  expect(await holder()).toMatchObject({ holderIdentity: c.identity, leaseTransitions: 2 });
});

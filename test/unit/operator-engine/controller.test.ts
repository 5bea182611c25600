import { describe, expect, it } from 'vitest';
import type { Reconcile } from '#operator/controller/controller.ts';
import type { ObjectKey } from '#operator/kube/store.ts';
import { fence } from '#operator/leader/fence.ts';
import type { Outcome } from '#operator/outcome.ts';
import { until } from '#test/support/until.ts';
import { DONE, scene } from './controller-scene.ts';

describe('a controller', () => {
  it('begins a term with every resource, and goes on with what changes', async () => {
    const seen: ObjectKey[] = [];
    const { controller, lead, clock } = scene(
      async (key) => {
        seen.push(key);
        return DONE;
      },
      { keys: ['crm/a', 'crm/b'] },
    );
    controller.notify('crm/early');
    await clock.run(0, 1);
    expect(seen).toEqual([]);
    lead();
    await clock.run(0, 1);
    expect(seen.splice(0)).toEqual(['crm/a', 'crm/b']);
    controller.notify('crm/c');
    await clock.run(1, 1);
    expect(seen).toEqual(['crm/c']);
  });

  it('works on what changes before the rest of what is looked at again, even where no pass waits for anything', async () => {
    const keys = Array.from({ length: 100 }, (_, i): ObjectKey => `crm/${i}`);
    const { controller, lead, clock, ended } = scene(async () => DONE, { keys, limits: { workers: 4 } });
    setImmediate(() => controller.notify('crm/changed'));
    lead();
    await until(() => ended.length === keys.length + 1, { describe: 'all passes', timeoutMs: 5_000 });
    expect(ended.findIndex(({ key }) => key === 'crm/changed')).toBeLessThan(8);
    await clock.run(0, 1);
  });

  it('works on several resources at once, and on none of them twice at once', async () => {
    let most = 0;
    const running = new Map<ObjectKey, number>();
    const gates: (() => void)[] = [];
    const { controller, lead, clock } = scene(
      async (key) => {
        running.set(key, (running.get(key) ?? 0) + 1);
        expect(running.get(key)).toBe(1);
        most = Math.max(most, running.size);
        await new Promise<void>((resolve) => gates.push(resolve));
        running.delete(key);
        return DONE;
      },
      { keys: ['crm/a', 'crm/b', 'crm/c', 'crm/d'], limits: { workers: 3 } },
    );
    lead();
    for (let round = 0; round < 20; round += 1) {
      controller.notify('crm/a');
      controller.notify('crm/b');
      await clock.run(1, 1);
      for (const open of gates.splice(0)) open();
    }
    expect(most).toBe(3);
    for (let rest = 0; rest < 5; rest += 1) {
      for (const open of gates.splice(0)) open();
      await clock.run(1, 1);
    }
  });

  it.each<{ how: string; fail: Reconcile }>([
    {
      how: 'throws at once',
      fail: () => {
        throw new Error('sync');
      },
    },
    {
      how: 'rejects later',
      fail: async () => {
        await Promise.resolve();
        throw new Error('async');
      },
    },
    { how: 'throws what is no Error', fail: () => Promise.reject('text') },
  ])('survives a pass that $how, and tries again later and later', async ({ fail }) => {
    let faults = 3;
    const { lead, clock, kinds, ended } = scene(
      (key, context) => (faults-- > 0 ? fail(key, context) : Promise.resolve(DONE)),
      { keys: ['crm/a', 'crm/b'], limits: { workers: 1 } },
    );
    lead();
    await clock.run(40, 1);
    await until(() => kinds().length === 5, { describe: 'five passes' });
    expect(kinds().toSorted()).toEqual(['done', 'done', 'failed', 'failed', 'failed']);
    expect(ended.find(({ outcome }) => outcome.kind === 'failed')?.outcome).toMatchObject({ error: expect.any(Error) });
  });

  it('waits as long as a requeue asks, unless something changes', async () => {
    const { controller, lead, clock, kinds } = scene(async () => ({ kind: 'requeue', afterMs: 5000, reason: 'soon' }), {
      keys: ['crm/a'],
    });
    lead();
    await clock.run(4900, 100);
    expect(kinds()).toHaveLength(1);
    await clock.run(200, 100);
    expect(kinds()).toHaveLength(2);
    controller.notify('crm/a');
    await clock.run(1, 1);
    expect(kinds()).toHaveLength(3);
  });

  it('leaves what is blocked until it changes or the next resync', async () => {
    const { controller, lead, clock, kinds } = scene(
      async () => ({ kind: 'blocked', reason: 'Invalid', message: 'correct it' }),
      { keys: ['crm/a'], limits: { resyncMs: 60_000 } },
    );
    lead();
    await clock.run(59_000, 1000);
    expect(kinds()).toHaveLength(1);
    controller.notify('crm/a');
    await clock.run(1, 1);
    expect(kinds()).toHaveLength(2);
    await clock.run(60_000, 1000);
    expect(kinds()).toHaveLength(3);
  });

  it.each<{ when: string; resyncMs: number; outcome: Outcome }>([
    { when: 'all are', resyncMs: 1_000, outcome: DONE },
    {
      when: 'a pass asked for it',
      resyncMs: 9_000,
      outcome: { kind: 'requeue', afterMs: 1_000, reason: 'due', isRoutine: true },
    },
    { when: 'both', resyncMs: 1_000, outcome: { kind: 'requeue', afterMs: 1_500, reason: 'due', isRoutine: true } },
  ])('takes changes before what is only looked at again, when $when', async ({ resyncMs, outcome }) => {
    const seen: ObjectKey[] = [];
    const gates: (() => void)[] = [];
    const { controller, lead, clock } = scene(
      async (key) => {
        seen.push(key);
        await new Promise<void>((resolve) => gates.push(resolve));
        return outcome;
      },
      { keys: ['crm/a', 'crm/b', 'crm/c', 'crm/d'], limits: { workers: 1, resyncMs } },
    );
    const endPass = async () => {
      gates.shift()?.();
      await clock.run(0, 1);
      await clock.run(0, 1);
    };
    lead();
    await clock.run(0, 1);
    controller.notify('crm/c');
    for (let pass = 0; pass < 4; pass += 1) await endPass();
    expect(seen.splice(0)).toEqual(['crm/a', 'crm/c', 'crm/b', 'crm/d']);
    await clock.run(1_000, 1_000);
    controller.notify('crm/d');
    for (let pass = 0; pass < 4; pass += 1) await endPass();
    expect(seen.slice(0, 2)).toEqual(['crm/a', 'crm/d']);
    expect(seen).toHaveLength(4);
    for (const open of gates) open();
  });

  it('takes what a pass waits for before what is only looked at again', async () => {
    const seen: ObjectKey[] = [];
    const { lead, clock } = scene(
      async (key) => {
        seen.push(key);
        return key === 'crm/c' ? { kind: 'requeue', afterMs: 1_500, reason: 'a name is taken' } : DONE;
      },
      { keys: ['crm/a', 'crm/b', 'crm/c'], limits: { workers: 1, resyncMs: 1_000 } },
    );
    lead();
    await clock.run(900, 1);
    expect(seen.splice(0)).toEqual(['crm/a', 'crm/b', 'crm/c']);
    await clock.run(200, 1);
    // The first of them is taken as soon as it is there.
    expect(seen).toEqual(['crm/a', 'crm/c', 'crm/b']);
  });

  it('ends a pass at its deadline by its signal, and tries again', async () => {
    let passes = 0;
    const { lead, clock, kinds, ended, stuck } = scene(
      async (_key, { signal }) => {
        passes += 1;
        if (passes > 1) return DONE;
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        return DONE;
      },
      { keys: ['crm/a'], limits: { deadlineMs: 20 } },
    );
    lead();
    await until(() => clock.run(10, 10).then(() => kinds().length === 2), { describe: 'the second pass' });
    expect(kinds()).toEqual(['failed', 'done']);
    expect(ended[0]?.outcome).toMatchObject({ error: { message: 'not done within 20 ms' } });
    expect(stuck).toEqual([]);
  });

  it('tells of a pass that goes on although its signal fired', async () => {
    let open = () => {};
    const { lead, clock, stuck } = scene(
      async () => {
        await new Promise<void>((resolve) => {
          open = resolve;
        });
        return DONE;
      },
      { keys: ['crm/a'], limits: { graceMs: 1000 } },
    );
    const { lose } = lead();
    await clock.run(0, 1);
    lose();
    clock.advance(999);
    expect(stuck).toEqual([]);
    clock.advance(1);
    expect(stuck).toEqual(['crm/a']);
    open();
  });

  it('stops when leadership is lost, cutting short what is under way, and begins anew when it is regained', async () => {
    const seen: ObjectKey[] = [];
    let cut = 0;
    const { controller, lead, clock, kinds } = scene(
      async (key, { signal }) => {
        seen.push(key);
        if (key !== 'crm/slow' || cut > 0) return DONE;
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        return DONE;
      },
      { keys: ['crm/a', 'crm/slow'], limits: { workers: 2 } },
    );
    const { lose, led } = lead();
    await clock.run(0, 1);
    lose();
    await led;
    cut += 1;
    controller.notify('crm/a');
    await clock.run(10_000, 1000);
    expect(seen.splice(0)).toEqual(['crm/a', 'crm/slow']);
    expect(kinds()).toEqual(['done']);
    expect(clock.timers).toBe(0);
    lead();
    await clock.run(0, 1);
    expect(seen).toEqual(['crm/a', 'crm/slow']);
  });

  it('tries at once what waits when told that what failed is back', async () => {
    let isAway = true;
    const { controller, lead, clock, kinds } = scene(
      async () => (isAway ? { kind: 'failed', error: new Error('away') } : DONE),
      { keys: ['crm/a'] },
    );
    lead();
    await clock.run(10_000, 100);
    isAway = false;
    const before = kinds().length;
    controller.retryAll();
    await clock.run(1, 1);
    expect(kinds().slice(before)).toEqual(['done']);
  });
});

describe('a fence', () => {
  it('lets a write out only while leadership is held, even before any signal could fire', async () => {
    let isHeld = true;
    const writes: string[] = [];
    const write = (name: string) => async () => {
      writes.push(name);
      return {} as never;
    };
    const kube = {
      apply: write('apply'),
      applyStatus: write('applyStatus'),
      create: write('create'),
      adoptFields: write('adoptFields'),
      replace: write('replace'),
      delete: write('delete'),
    };
    const fenced = fence(kube, { signal: new AbortController().signal, isHeld: () => isHeld });
    const call = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps' };
    const how = { signal: new AbortController().signal };
    await fenced.apply(call, {}, how);
    isHeld = false;
    for (const name of ['apply', 'applyStatus', 'create', 'replace'] as const) {
      await expect(fenced[name](call, {}, how)).rejects.toThrow('no longer the leader');
    }
    await expect(fenced.adoptFields(call, { name: 'a' }, how)).rejects.toThrow('no longer the leader');
    await expect(fenced.delete(call, { name: 'a' }, how)).rejects.toThrow('no longer the leader');
    expect(writes).toEqual(['apply']);
  });
});

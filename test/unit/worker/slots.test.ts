import { expect, it } from 'vitest';
import { Slots } from '#services/worker/slots.ts';

it('counts what is being worked on, also when work fails', async () => {
  const slots = new Slots(2);
  const work = Promise.withResolvers<void>();
  const failing = Promise.withResolvers<void>();
  const first = slots.run(() => work.promise);
  const second = slots.run(() => failing.promise);
  expect([slots.free, slots.taken]).toEqual([0, 2]);
  failing.reject(new Error('failed'));
  await expect(second).rejects.toThrow('failed');
  expect([slots.free, slots.taken]).toEqual([1, 1]);
  work.resolve();
  await first;
  expect([slots.free, slots.taken]).toEqual([2, 0]);
});

it('lets everyone who waits go on as slots become free', async () => {
  const slots = new Slots(2);
  const works = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const runs = works.map((work) => slots.run(() => work.promise));
  const happened: string[] = [];
  const one = slots.untilFree(1).then(() => happened.push('one free'));
  const idle = slots.untilIdle().then(() => happened.push('idle'));
  works[0]?.resolve();
  await one;
  expect(happened).toEqual(['one free']);
  works[1]?.resolve();
  await Promise.all([idle, ...runs]);
  expect(happened).toEqual(['one free', 'idle']);
});

it('does not wait where there is nothing to wait for', async () => {
  const slots = new Slots(3);
  await slots.untilFree(3);
  await slots.untilIdle();
  expect(slots.free).toBe(3);
});

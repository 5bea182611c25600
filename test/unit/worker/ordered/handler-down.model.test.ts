import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { orderReport } from '#test/support/order-report.ts';
import { ModelWorld } from './model-world.ts';

const HOUR_MS = 3_600_000;

beforeAll(() => vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] }));
afterAll(() => vi.useRealTimers());

it('a handler that is down for an hour is asked seldom, costs no dead letter, and gets all in order when it is back', async () => {
  const world = new ModelWorld(() => 0.5);
  world.isDown = true;
  await world.settle();
  for (let round = 0; round < 60; round += 1) {
    for (let key = 0; key < 6; key += 1) world.publish(key);
    await world.loop.pass(HOUR_MS / 60);
  }
  // Two shares in one process or in two: half a minute between two probes of each, and the five calls that opened it.
  expect(world.calls.length).toBeLessThan((2 * HOUR_MS) / 15_000 + 20);
  expect(world.calls.length).toBeGreaterThan(HOUR_MS / 30_000);
  expect(world.calls.some(({ isTaken }) => isTaken)).toBe(false);
  world.isDown = false;
  await world.loop.pass(120_000);
  expect(orderReport(world.published, world.calls)).toEqual({
    lost: [],
    outOfOrder: [],
    overlapping: [],
    handledTwice: [],
  });
  expect(world.deadLetters).toBe(0);
  expect(world.unacknowledged).toBe(0);
});

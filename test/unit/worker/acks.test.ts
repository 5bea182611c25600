import type { Msg } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Acks } from '#services/worker/acks.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The client's message, as far as an ack asks of it. */
const message = (sent: string[], name: string) =>
  ({ respond: (payload: string) => sent.push(`${name} ${payload}`) > 0 }) as unknown as Msg;

it('acks that come together are sent together, once each', () => {
  const sent: string[] = [];
  const acks = new Acks();
  acks.add(message(sent, 'a'));
  vi.advanceTimersByTime(19);
  acks.add(message(sent, 'b'));
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual(['a +ACK', 'b +ACK']);
  acks.add(message(sent, 'c'));
  vi.advanceTimersByTime(20);
  expect(sent).toEqual(['a +ACK', 'b +ACK', 'c +ACK']);
});

it('a flush sends what waits at once, and leaves no timer behind', () => {
  const sent: string[] = [];
  const acks = new Acks();
  acks.add(message(sent, 'a'));
  acks.flush();
  expect(sent).toEqual(['a +ACK']);
  expect(vi.getTimerCount()).toBe(0);
});

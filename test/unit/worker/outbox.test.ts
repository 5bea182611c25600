import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Outbox } from '#services/worker/outbox.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const listener = () => {
  const sent: string[] = [];
  return { sent, send: (name: string) => () => void sent.push(name) };
};

it('what can wait goes together, once each, within 2 ms of the first', () => {
  const { sent, send } = listener();
  const outbox = new Outbox();
  outbox.soon(send('a'));
  vi.advanceTimersByTime(1);
  outbox.soon(send('b'));
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sent).toEqual(['a', 'b']);
  outbox.soon(send('c'));
  vi.advanceTimersByTime(2);
  expect(sent).toEqual(['a', 'b', 'c']);
});

it('what is urgent goes when the turn ends, and takes along what waits', () => {
  const { sent, send } = listener();
  const outbox = new Outbox();
  outbox.soon(send('a'));
  outbox.urgent(send('b'));
  outbox.urgent(send('c'));
  expect(sent).toEqual([]);
  vi.advanceTimersByTime(0);
  expect(sent).toEqual(['a', 'b', 'c']);
  expect(vi.getTimerCount()).toBe(0);
});

it('a flush sends what waits at once, and leaves no timer behind', () => {
  const { sent, send } = listener();
  const outbox = new Outbox();
  outbox.soon(send('a'));
  outbox.flush();
  expect(sent).toEqual(['a']);
  expect(vi.getTimerCount()).toBe(0);
});

it('one that cannot be sent does not keep the others back', () => {
  const { sent, send } = listener();
  const outbox = new Outbox();
  outbox.soon(() => {
    throw new Error('closed connection');
  });
  outbox.soon(send('b'));
  outbox.flush();
  expect(sent).toEqual(['b']);
});

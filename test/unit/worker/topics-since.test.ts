import { headers } from '@nats-io/transport-node';
import { expect, it } from 'vitest';
import { TopicGate } from '#services/worker/topics-since.ts';
import { HEADERS, METADATA } from '#shared/contract.ts';

const message = (topic: string, storedAtMs: number, redrive = '') => {
  const hdrs = headers();
  hdrs.set(HEADERS.topic, topic);
  if (redrive !== '') hdrs.set(HEADERS.redrive, redrive);
  return { headers: hdrs, storedAtMs };
};

function gate(since: Record<string, number>): TopicGate {
  const made = new TopicGate();
  made.read({ [METADATA.topicsSince]: JSON.stringify(since) });
  return made;
}

it('a message is wanted from the time on at which its topic was declared', () => {
  const { judge } = { judge: (...args: Parameters<typeof message>) => gate({ a: 0, b: 100 }).judge(message(...args)) };
  expect([judge('a', 1), judge('b', 99), judge('b', 100)]).toEqual(['wanted', 'too-early', 'wanted']);
});

it('a redriven one is wanted whenever its topic was declared', () => {
  expect(gate({ b: 100 }).judge(message('b', 99, '7-1'))).toBe('wanted');
});

it('one of a topic that is not known has it looked up, once', () => {
  const one = gate({ a: 0 });
  expect(one.judge(message('b', 5))).toBe('unknown');
  expect(one.judge(message('b', 6))).toBe('wanted');
  one.read({ [METADATA.topicsSince]: JSON.stringify({ a: 0, b: 10 }) });
  expect(one.judge(message('b', 7))).toBe('too-early');
});

it('where nothing is known of topics all is wanted, after one look', () => {
  const one = new TopicGate();
  one.read(undefined);
  expect([one.judge(message('a', 1)), one.judge(message('a', 2))]).toEqual(['unknown', 'wanted']);
});

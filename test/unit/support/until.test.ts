import { expect, it } from 'vitest';
import { until } from '#test/support/until.ts';

const WAIT = { describe: 'three', timeoutMs: 60, everyMs: 1 };

it('returns the first truthy answer', async () => {
  let count = 0;
  expect(await until(() => ++count >= 3 && count, WAIT)).toBe(3);
});

it('takes an error for "not yet"', async () => {
  let count = 0;
  expect(
    await until(() => {
      count += 1;
      expect(count).toBe(3);
      return 'now';
    }, WAIT),
  ).toBe('now');
});

it('says what it waited for and what came last', async () => {
  await expect(until(() => 0, WAIT)).rejects.toThrow('waited 60 ms for three; last answer: 0');
  await expect(until(() => Promise.reject(new Error('no')), WAIT)).rejects.toThrow('for three; last error: no');
});

it('does not wait for ever for one answer', async () => {
  await expect(until(() => new Promise(() => {}), WAIT)).rejects.toThrow('last question was not answered');
});

it('prefers the last answer to the silence at the deadline', async () => {
  let count = 0;
  const condition = () => (++count < 3 ? Promise.reject(new Error(`no ${count}`)) : new Promise(() => {}));
  await expect(until(condition, WAIT)).rejects.toThrow('last error: no 2');
});

import { expect, it } from 'vitest';
import { SampledLog } from '#services/ingress/sampled-log.ts';

it('writes one line per reason and ten seconds, with how many there were', () => {
  const written: unknown[] = [];
  let nowMs = 0;
  const log = new SampledLog(() => nowMs);
  const add = (reason: string) => log.add(reason, (count) => written.push([reason, count]));
  for (nowMs = 0; nowMs < 25_000; nowMs += 1_000) add('wrong');
  add('missing');
  expect(written).toEqual([
    ['wrong', 1],
    ['wrong', 10],
    ['wrong', 10],
    ['missing', 1],
  ]);
});

import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { RefusalLog } from '#services/ingress/refusal-log.ts';

it('writes one line per reason and ten seconds, with how many there were', () => {
  const written: unknown[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      const { reason, count } = JSON.parse(String(chunk)) as { reason: string; count: number };
      written.push([reason, count]);
      done();
    },
  });
  let nowMs = 0;
  const log = new RefusalLog(pino(sink), () => nowMs);
  for (nowMs = 0; nowMs < 25_000; nowMs += 1_000) log.add('wrong');
  log.add('missing');
  expect(written).toEqual([
    ['wrong', 1],
    ['wrong', 10],
    ['wrong', 10],
    ['missing', 1],
  ]);
});

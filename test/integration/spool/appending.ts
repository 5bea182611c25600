import { openSync, writeSync } from 'node:fs';
import { Spool } from '#services/ingress/spool/spool.ts';
import { record } from './numbered.ts';

/**
 * Appends numbered records, 16 at a time, and writes a line about each to a file as soon as it is known: `durable 7`, or
 * the reason of a refusal. Of the durable ones it removes every third group, and says `removing 7` before.
 * `<folder> <file> <segment bytes> <first number> <last number>`
 */
const [folder = '', file = '', ...numbers] = process.argv.slice(2);
const [segmentBytes = 0, first = 0, last = 0] = numbers.map(Number);
const report = openSync(file, 'a');
const say = (what: string, i: number): void => void writeSync(report, `${what} ${i}\n`);

const opened = await Spool.open({ folder, maxBytes: 256 * segmentBytes, segmentBytes });
if (opened.kind !== 'opened') throw new Error(JSON.stringify(opened));
const { spool } = opened;
for (let from = first; from <= last; from += 16) {
  const numbers = Array.from({ length: Math.min(16, last + 1 - from) }, (_, i) => from + i);
  await Promise.all(
    numbers.map(
      (i) =>
        new Promise<void>((resolve) => {
          spool.append(record(i), (result) => {
            say(result.kind === 'durable' ? 'durable' : result.reason, i);
            resolve();
          });
        }),
    ),
  );
  if (from % 3 !== 0) continue;
  const some = await spool.oldest(16);
  for (const stored of some) say('removing', Number(stored.record.key.slice(2)));
  spool.remove(some.map(({ seq }) => seq));
}
await spool.close();

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { lines } from '#operator/kube/lines.ts';

async function read(chunks: readonly Buffer[], maxBytes = 1000): Promise<string[]> {
  const stream = async function* () {
    yield* chunks;
  };
  const read: string[] = [];
  for await (const line of lines(stream(), maxBytes)) read.push(line);
  return read;
}

it('finds the same lines however the bytes are cut', async () => {
  const line = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .filter((text) => !/[\n\uD800-\uDFFF]/u.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(50)), async (wanted, cuts) => {
      const bytes = Buffer.from(wanted.map((text) => `${text}\n`).join(''));
      const chunks: Buffer[] = [];
      let start = 0;
      for (const length of cuts) {
        chunks.push(bytes.subarray(start, start + length));
        start += length;
      }
      chunks.push(bytes.subarray(start));
      expect(await read(chunks)).toEqual(wanted);
    }),
  );
});

it('leaves out empty lines and what broke off', async () => {
  expect(await read([Buffer.from('a\n\nb\nbroken')])).toEqual(['a', 'b']);
});

it('refuses a line without an end', async () => {
  const chunk = Buffer.alloc(400, 'x');
  await expect(read([chunk, chunk, chunk])).rejects.toThrow('longer than 1000 bytes');
});

import { randomBytes } from 'node:crypto';
import { nkeys } from '@nats-io/transport-node';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Kind, keyPair, readSeed } from '#operator/credentials/nkey.ts';

const KINDS: readonly Kind[] = ['operator', 'account', 'user'];
const raw = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('keys are those of the NATS project', () => {
  test.each(KINDS)('of kind %s', (kind) => {
    fc.assert(
      fc.property(raw, fc.uint8Array(), (bytes, data) => {
        const ours = keyPair(kind, bytes);
        const theirs = nkeys.fromSeed(Buffer.from(ours.seed));
        expect(theirs.getPublicKey()).toBe(ours.publicKey);
        expect(Buffer.from(theirs.sign(data))).toEqual(ours.sign(data));
      }),
      { numRuns: 20 },
    );
  });
});

describe('a seed', () => {
  const ours = keyPair('operator', randomBytes(32));

  test('is read as it was written, with the blanks that files have', () => {
    const { pair, raw } = readSeed('operator', ` ${ours.seed}\n`);
    expect(pair.publicKey).toBe(ours.publicKey);
    expect(keyPair('operator', raw).seed).toBe(ours.seed);
  });

  test('made by the NATS project is read', () => {
    const theirs = nkeys.createOperator();
    expect(readSeed('operator', Buffer.from(theirs.getSeed()).toString()).pair.publicKey).toBe(theirs.getPublicKey());
  });

  test.each([
    ['of an account', keyPair('account', randomBytes(32)).seed],
    ['cut short', ours.seed.slice(0, -4)],
    ['with a letter exchanged', `${ours.seed.slice(0, 20)}${ours.seed[20] === 'A' ? 'B' : 'A'}${ours.seed.slice(21)}`],
    ['that is none', 'not a seed'],
    ['that is empty', ''],
    ['that is a public key', ours.publicKey],
  ])('%s is refused, and the error does not tell it', (_, text) => {
    const read = () => readSeed('operator', text);
    expect(read).toThrow('is not the seed of a NATS operator');
    if (text !== '') expect(read).not.toThrow(text);
  });
});

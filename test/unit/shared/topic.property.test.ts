import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { SUBJECTS } from '#shared/contract.ts';
import { decodeTopic, encodeTopic } from '#shared/topic.ts';
import { texts } from './arbitrary-bodies.ts';

const MAX_LENGTH = 200;
/** Long ones around the length at which they are cut, and short ones. */
const topics = fc
  .oneof(
    texts,
    fc
      .tuple(fc.constantFrom('a', 'a.', 'é', '.'), fc.integer({ min: 60, max: 210 }))
      .map(([unit, times]) => unit.repeat(times)),
  )
  .filter((text) => text !== '');

it('tells topics apart that differ in a single place', () => {
  const units = ['', 'a', 'A', '.', '%', '~', '*', '>', ' ', '_', '-', '\0', '\ud800', '\udc00', '\ufffd', 'é'];
  fc.assert(
    fc.property(topics, fc.nat(2048), (topic, place) => {
      const at = place % (topic.length + 1);
      const put = units.map((unit) => `${topic.slice(0, at)}${unit}${topic.slice(at)}`);
      const replaced = units.map((unit) => `${topic.slice(0, at)}${unit}${topic.slice(at + 1)}`);
      const near = new Set([topic, topic.toUpperCase(), ...put, ...replaced]);
      expect(new Set([...near].map(encodeTopic)).size).toBe(near.size);
    }),
  );
});

it('writes nothing that is a topic of its own', () => {
  fc.assert(
    fc.property(topics, (topic) => {
      const encoded = encodeTopic(topic);
      if (encoded !== topic) expect(encodeTopic(encoded)).not.toBe(encoded);
    }),
  );
});

it('cuts and hashes only what is too long or no Unicode, and brings back all else', () => {
  fc.assert(
    fc.property(topics, (topic) => {
      const encoded = encodeTopic(topic);
      const decoded = decodeTopic(encoded);
      if (decoded !== null) {
        expect(decoded).toBe(topic);
        return;
      }
      expect(encoded).toMatch(/~[0-9a-f]{16}$/);
      const bytes = Buffer.from(topic.replaceAll('.', '')).length;
      expect(!topic.isWellFormed() || bytes * 3 + topic.split('.').length * 2 > MAX_LENGTH).toBe(true);
    }),
    { numRuns: 500 },
  );
});

it('makes a subject that NATS takes, within its bounds', () => {
  fc.assert(
    fc.property(topics, (topic) => {
      const encoded = encodeTopic(topic);
      expect(encoded.length).toBeLessThanOrEqual(MAX_LENGTH);
      const subjects = [
        SUBJECTS.notification('w'.repeat(40), '63', encoded),
        SUBJECTS.deadLetter('w'.repeat(40), 'h'.repeat(30), encoded),
      ];
      for (const subject of subjects) {
        // No empty token, no wildcard, no white space.
        expect(subject).toMatch(/^[^\s.*>]+(?:\.[^\s.*>]+)+$/);
        expect(subject.length).toBeLessThan(300);
      }
    }),
  );
});

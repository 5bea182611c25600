import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { SUBJECTS, webhookToken } from '#shared/contract.ts';
import { decodeTopic, encodeTopic } from '#shared/topic.ts';

const { vectors } = z
  .object({
    vectors: z.array(
      z.object({ name: z.string(), topic: z.string(), encoded: z.string(), reversible: z.boolean() }).strict(),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('./topic-vectors.json', import.meta.url), 'utf8')));

describe.each(vectors)('$name', ({ topic, encoded, reversible }) => {
  it('is written as in the vectors', () => {
    expect(encodeTopic(topic)).toBe(encoded);
  });

  it(reversible ? 'is read back unchanged' : 'is not read back, and that is known', () => {
    expect(decodeTopic(encoded)).toBe(reversible ? topic : null);
  });
});

/** Any UTF-16, with what could do harm more often than chance would have it. */
const topics = fc
  .array(
    fc.oneof(
      fc.constantFrom('.', '..', ' ', '*', '>', '%', '~', '\r\n', '\u0000', '\ud800', 'é', '😀'),
      fc.string({ unit: 'binary' }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

it('keeps every topic in its place in the subject', () => {
  fc.assert(
    fc.property(topics, (topic) => {
      const encoded = encodeTopic(topic);
      expect(encoded).toMatch(/^[A-Za-z0-9_%~.-]{1,200}$/);
      expect(encoded.split('.')).not.toContain('');
      const subject = SUBJECTS.notification('w', '07', encoded);
      expect(subject.startsWith('icw.w.n.07.')).toBe(true);
    }),
  );
});

it('reads back every topic that no hash stands in for', () => {
  fc.assert(
    fc.property(topics, (topic) => {
      const decoded = decodeTopic(encodeTopic(topic));
      if (decoded === null) expect(encodeTopic(topic)).toMatch(/~[0-9a-f]{16}$/);
      else expect(decoded).toBe(topic);
    }),
  );
});

it('gives different topics different names', () => {
  fc.assert(
    fc.property(fc.uniqueArray(topics, { maxLength: 100 }), (list) => {
      expect(new Set(list.map(encodeTopic)).size).toBe(list.length);
    }),
    { numRuns: 30 },
  );
});

it('cannot be taken for another topic by what it looks like when encoded', () => {
  for (const { topic, encoded } of vectors) {
    if (encoded !== topic) expect(encodeTopic(encoded)).not.toBe(encoded);
  }
});

describe('the token of a webhook', () => {
  it('is a valid and bounded part of a subject, a stream name and a bucket name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (namespace, name) => {
        expect(webhookToken(namespace, name)).toMatch(/^[a-z0-9-]{12,35}$/);
      }),
    );
  });

  it('tells apart what reads alike', () => {
    expect(webhookToken('a', 'b-c')).not.toBe(webhookToken('a-b', 'c'));
    expect(webhookToken('crm', 'x'.repeat(60))).not.toBe(webhookToken('crm', `${'x'.repeat(59)}y`));
  });

  it('never changes, as streams are named by it', () => {
    expect(webhookToken('crm', 'support')).toBe('crm-support-c47f6a3fdd');
  });
});

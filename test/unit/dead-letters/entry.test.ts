import { MsgHdrsImpl } from '@nats-io/transport-node';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadLetterEntry, readEntry } from '#operator/dead-letters/entry.ts';
import { DEAD_LETTER_HEADERS, HEADERS } from '#shared/contract.ts';
import { encodeHeader } from '#shared/header.ts';
import { headersOf, letter } from './letter.ts';

const entryOf = (changes: Record<string, string | null>) => readEntry(letter({ headers: headersOf(changes) }));

describe('the entry of a dead letter', () => {
  it('decodes what was encoded for a header', () => {
    const text = 'größe 😀 \\ line\nbreak';
    expect(entryOf({ 'Icw-Dead-Detail': encodeHeader(text) }).detail).toBe(text);
    expect(entryOf({ 'Icw-Topic': encodeHeader(text) }).topic).toBe(text);
  });

  it('takes the topic from the subject where the headers have none', () => {
    const headers = headersOf({ 'Icw-Topic': null });
    expect(readEntry(letter({ headers, subject: 'icw.w.dlq.h.odd%20.b%' })).topic).toBe('odd%20.b%');
  });

  it.each([
    ['60s', '2023-11-14T22:14:21.000Z'],
    ['1m', null],
    ['never', null],
    ['', null],
  ])('expires by Nats-TTL %j at %s', (ttl, expiresAt) => {
    expect(entryOf({ 'Nats-TTL': ttl }).expiresAt).toBe(expiresAt);
  });

  it.each([
    ['Icw-Dead-First-At', 'tomorrow', 'firstAt'],
    ['Icw-Dead-Last-At', '-1', 'lastAt'],
    ['Icw-Created-At', '1.5', 'createdAt'],
    ['Icw-Received-At', '999999999999999', 'receivedAt'],
  ] as const)('has no time where %s is %j', (name, value, field) => {
    expect(entryOf({ [name]: value })[field]).toBeNull();
  });

  it('tells an empty last answer from none', () => {
    expect([entryOf({ 'Icw-Dead-Answer': '' }).answer, entryOf({}).answer]).toEqual(['', null]);
  });

  it('says whether it had been redriven before', () => {
    expect([entryOf({ 'Icw-Redrive': '3-1700000000000' }).wasRedriven, entryOf({}).wasRedriven]).toEqual([true, false]);
  });

  it('can be redriven, unless nobody can read it', () => {
    expect(entryOf({}).refusal).toBeNull();
    expect(entryOf({ 'Icw-Version': '2' }).refusal).toContain('format version 2');
    expect(entryOf({ 'Icw-Version': null }).refusal).toContain('no Icw-Version header');
    expect(entryOf({ 'Icw-Key': null }).refusal).toBe('it does not say whose it is');
    expect(readEntry(letter({ subject: 'icw.w.dlq._ingress.unreadable' })).refusal).toContain('the ingress');
  });

  it('is one whatever the headers hold', () => {
    const names = fc.constantFrom(...Object.values(HEADERS), ...Object.values(DEAD_LETTER_HEADERS), 'Nats-TTL');
    const values = fc.oneof(fc.string(), fc.stringMatching(/^\d{1,20}s?$/), fc.string().map(encodeHeader));
    const subjects = fc
      .array(fc.stringMatching(/^[A-Za-z0-9_~%-]{0,9}$/), { maxLength: 8 })
      .map((each) => each.join('.'));
    fc.assert(
      fc.property(
        fc.dictionary(
          names,
          values.map((value) => [value]),
        ),
        subjects,
        (record, subject) => {
          const entry = readEntry(letter({ headers: MsgHdrsImpl.fromRecord(record), subject }));
          expect(DeadLetterEntry.parse(entry)).toEqual(entry);
        },
      ),
    );
  });
});

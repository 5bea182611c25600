import { describe, expect, it } from 'vitest';
import { readEntry } from '#operator/dead-letters/entry.ts';
import { compileFilter, Filter, filterSubject } from '#operator/dead-letters/selection.ts';
import { letter } from './letter.ts';

const { storedAt } = readEntry(letter());

describe('a filter', () => {
  it.each([
    [{}, true],
    [{ reason: 'Refused' }, true],
    [{ reason: 'AgeExceeded' }, false],
    [{ ids: ['n0', 'n1'] }, true],
    [{ ids: ['n0'] }, false],
    [{ since: storedAt }, true],
    [{ until: storedAt }, false],
    [{ since: '2023-11-14T22:13:21.001Z' }, false],
    [{ until: '2023-11-14T23:13:21.001+01:00' }, true],
    [{ reason: 'Refused', ids: ['n0'] }, false],
  ])('%j means a letter: %s', (filter, isMeant) => {
    expect(compileFilter(Filter.parse(filter))(letter())).toBe(isMeant);
  });

  it.each([
    [{}, 'icw.w.dlq.*.>'],
    [{ handler: 'audit' }, 'icw.w.dlq.audit.>'],
    [{ handler: '_ingress' }, 'icw.w.dlq._ingress.>'],
    [{ topic: 'a.b' }, 'icw.w.dlq.*.a.b'],
    [{ handler: 'audit', topic: 'a *.>' }, 'icw.w.dlq.audit.a%20%2A.%3E'],
  ])('%j is asked of the server as %s', (filter, subject) => {
    expect(filterSubject('w', Filter.parse(filter))).toBe(subject);
  });
});

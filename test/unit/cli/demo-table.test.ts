import { describe, expect, it } from 'vitest';
import { allKept, formatTable, summarise } from '#cli/demo/table.ts';

const INTERCOM = {
  delivered: 330,
  lostAfterRetry: 0,
  errors: 2,
  rejectedForgeries: 19,
  undecidedForgeries: 1,
  acceptedForgeries: 0,
  slow: 0,
};
const VERDICT = {
  acknowledged: 300,
  handled: 300,
  lost: [],
  repeatedCalls: 1,
  retries: 0,
  handledTwice: [],
  uninvited: [],
  latenciesMs: [4, 5, 900],
};
const ASKED = { count: 300, forgeries: 20 };
const report = (intercom: object = {}) => ({
  intercom: { ...INTERCOM, ...intercom },
  awaitingRetry: 0,
  inFlight: 0,
  sent: 0,
});

describe('summarise', () => {
  it('keeps every promise when nothing was lost or doubled; errors and repeats after kills break none', () => {
    expect(allKept(summarise(report(), VERDICT, ASKED))).toBe(true);
  });

  it.each([
    ['a notification is lost', {}, { lost: ['a:1:support'], handled: 299 }],
    ['one is handled twice', {}, { handledTwice: ['a:1:support'] }],
    ['one is called that nobody sent', {}, { uninvited: ['a:1:support'] }],
    ['nothing was sent', { delivered: 0 }, { acknowledged: 0, handled: 0 }],
    ['a forgery is accepted', { acceptedForgeries: 1 }, {}],
    ['a forgery is not rejected', { rejectedForgeries: 18 }, {}],
    ['Intercom gives one up', { lostAfterRetry: 1 }, {}],
    ['the simulator counts something under another name', { rejectedForgeries: undefined }, {}],
  ])('breaks a promise when %s', (_case, intercom, verdict) => {
    expect(allKept(summarise(report(intercom), { ...VERDICT, ...verdict }, ASKED))).toBe(false);
  });

  it('says so in the table', () => {
    const table = formatTable(summarise(report(), { ...VERDICT, handledTwice: ['a:1:support'] }, ASKED));
    expect(table).toMatch(/handled twice +1 .*broken promise/);
    expect(table).toMatch(/acknowledged and lost +0 .*✓/);
    expect(table).toMatch(/p50 +5 ms/);
  });
});

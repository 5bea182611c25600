import { describe, expect, it } from 'vitest';
import { complaints } from '#services/simulator/complaints.ts';
import { noCounts } from '#services/simulator/penalties/counts.ts';

const answered = (status: number) => ({ atMs: 0, latencyMs: 5, status });
const saved = { url: 'http://x.test/', appId: 'abc12345', saved: true, head: answered(200), ping: answered(200) };
const finished = { state: 'finished', seed: 1, planned: 10, sent: 10 } as const;
const calm = { run: finished, lastSave: saved, intercom: noCounts, drops: {} };

describe('what Intercom would complain about', () => {
  it.each([
    { what: 'nothing went wrong', counted: {} },
    { what: 'a retry mended it', counted: { errors: 3, retried: 3 } },
    { what: 'forgeries were refused', counted: { rejectedForgeries: 3 } },
    { what: 'an old notification was sent by a stranger', counted: { replays: 1 } },
  ])('is nothing when $what', ({ counted }) => {
    expect(complaints({ ...calm, intercom: { ...noCounts, ...counted } })).toEqual([]);
  });

  it.each([
    {
      report: { lastSave: { ...saved, saved: false, head: answered(404), ping: null }, run: null },
      says: 'the URL was not saved: HEAD was answered 404; Intercom wants 200',
    },
    {
      report: {
        lastSave: { ...saved, saved: false, head: { atMs: 0, latencyMs: 1, error: 'ECONNREFUSED' }, ping: null },
        run: null,
      },
      says: 'the URL was not saved: HEAD was answered ECONNREFUSED; Intercom wants 200',
    },
    { report: { lastSave: null, run: null }, says: 'interrupted before the URL was saved' },
    {
      report: { lastSave: { ...saved, ping: answered(401) } },
      says: 'the ping was answered 401; have both sides the same client secret?',
    },
    { report: { lastSave: { ...saved, ping: answered(500) } }, says: 'the ping was answered 500' },
    { report: { intercom: { ...noCounts, lostAfterRetry: 2 } }, says: '2 lost: the retry failed too' },
    {
      report: { intercom: { ...noCounts, dropped: 5 }, drops: { paused: 3, 'too-late': 2 } },
      says: '5 dropped: 3 paused, 2 too-late',
    },
    {
      report: { intercom: { ...noCounts, acceptedForgeries: 4 } },
      says: 'forgeries answered 2xx: 4; signatures are not checked',
    },
    {
      report: { run: { ...finished, state: 'stopped' as const, sent: 3 } },
      says: 'interrupted: 3 of 10 were sent',
    },
    {
      report: { run: { ...finished, state: 'disabled' as const, sent: 4 } },
      says: 'an answer 410 ended the run: 4 of 10 were sent',
    },
  ])('is said in a sentence: $says', ({ report, says }) => {
    expect(complaints({ ...calm, ...report })).toEqual([says]);
  });
});

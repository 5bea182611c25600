import { describe, expect, it } from 'vitest';
import { type Call, judge, type Sent } from '#cli/judge/judge.ts';
import { judgeStream, type StoredNotification } from '#cli/judge/judge-stream.ts';

/** Three notifications of one conversation, each sent, answered, stored and handled once, in order. */
const KEYS = ['a:1', 'a:2', 'a:3'];

const sent = (key: string, overrides: Partial<Sent> = {}): Sent => ({
  key,
  kind: 'good',
  sentAtMs: 0,
  attempts: [{ atMs: 0, latencyMs: 3, status: 200 }],
  ...overrides,
});
const stored = (key: string, seq: number, subject = 'conversation/7'): StoredNotification => ({
  key,
  subject,
  seq,
  storedAtMs: seq,
});
const call = (key: string, beginMs: number, endMs: number | null = beginMs + 10): Call => ({
  pod: 'pod-0',
  idempotencyKey: `${key}:support`,
  beginMs,
  endMs,
});

const ALL_SENT = KEYS.map((key) => sent(key));
const ALL_STORED = KEYS.map((key, i) => stored(key, i + 1));
const ALL_CALLS = KEYS.map((key, i) => call(key, 100 * (i + 1)));

const judged = (planted: { sent?: Sent[]; stored?: StoredNotification[]; calls?: Call[] }) => {
  const evidence = { handler: 'support', sent: ALL_SENT, stored: ALL_STORED, calls: ALL_CALLS, ...planted };
  const { lost, handledTwice, uninvited } = judge({ ...evidence, kills: [] });
  return { lost, handledTwice, uninvited, ...judgeStream(evidence) };
};

const CLEAN = {
  lost: [],
  handledTwice: [],
  uninvited: [],
  notStored: [],
  storedTwice: [],
  storedUninvited: [],
  handledNotStored: [],
  reordered: [],
  overlapping: [],
};

describe('what was sent, answered, stored and handled', () => {
  it('agrees when each went its way once', () => {
    expect(judged({})).toEqual(CLEAN);
  });

  it.each([
    ['one dropped', { calls: ALL_CALLS.slice(0, 2) }, { lost: ['a:3:support'] }],
    ['one doubled', { calls: [...ALL_CALLS, call('a:2', 500)] }, { handledTwice: ['a:2:support'] }],
    ['two swapped', { calls: [call('a:1', 100), call('a:3', 200), call('a:2', 300)] }, { reordered: ['a:3'] }],
    [
      'two at the same time',
      { calls: [call('a:1', 100), call('a:2', 105), call('a:3', 300)] },
      { reordered: ['a:2'], overlapping: ['a:2'] },
    ],
    [
      'one answered 200, neither stored nor handled',
      { stored: ALL_STORED.slice(0, 2), calls: ALL_CALLS.slice(0, 2) },
      { notStored: ['a:3'], lost: ['a:3:support'] },
    ],
    [
      'one answered 200, handled, and not stored',
      { stored: ALL_STORED.slice(0, 2) },
      { notStored: ['a:3'], handledNotStored: ['a:3'] },
    ],
    ['one stored twice', { stored: [...ALL_STORED, stored('a:2', 4)] }, { storedTwice: ['a:2'] }],
    [
      'one handled though never sent',
      { calls: [...ALL_CALLS, call('a:9', 900)] },
      { uninvited: ['a:9:support'], handledNotStored: ['a:9'] },
    ],
    ['one stored though never sent', { stored: [...ALL_STORED, stored('a:9', 4)] }, { storedUninvited: ['a:9'] }],
    [
      'a forgery that was stored and handled',
      {
        sent: [...ALL_SENT, sent('a:9', { kind: 'forged' })],
        stored: [...ALL_STORED, stored('a:9', 4)],
        calls: [...ALL_CALLS, call('a:9', 900)],
      },
      { uninvited: ['a:9:support'], storedUninvited: ['a:9'] },
    ],
  ] as const)('notices %s, and nothing else', (_fault, planted, found) => {
    expect(judged(structuredClone(planted) as Parameters<typeof judged>[0])).toEqual({ ...CLEAN, ...found });
  });
});

describe('the order', () => {
  it('is that of the stream, not that of sending', () => {
    const seqs = [3, 1, 2];
    const calls = [call('a:2', 100), call('a:3', 200), call('a:1', 300)];
    expect(judged({ stored: KEYS.map((key, i) => stored(key, seqs[i] ?? 0)), calls }).reordered).toEqual([]);
  });

  it('binds only what has the same subject', () => {
    const apart = KEYS.map((key, i) => stored(key, i + 1, `conversation/${i}`));
    expect(
      judged({ stored: apart, calls: ALL_CALLS.toReversed().map((one, i) => ({ ...one, beginMs: i, endMs: i })) })
        .reordered,
    ).toEqual([]);
  });

  it('lets the next begin only when the one before was answered, at whichever call', () => {
    const again = [call('a:1', 100, null), call('a:1', 300), call('a:2', 400), call('a:3', 500)];
    expect(judged({ calls: again }).reordered).toEqual([]);
    const tooSoon = [call('a:1', 100, null), call('a:1', 300), call('a:2', 200, 250), call('a:3', 500)];
    expect(judged({ calls: tooSoon }).reordered).toEqual(['a:2']);
  });

  it('is not broken by a topic that no handler gets', () => {
    const withUnknown = { sent: [sent('a:1'), sent('a:2', { kind: 'unknown' }), sent('a:3')] };
    expect(judged({ ...withUnknown, calls: [call('a:1', 100), call('a:3', 200)] })).toEqual(CLEAN);
  });
});

describe('overlapping calls', () => {
  it('are those of one subject at one time, of one notification or of two', () => {
    const twice = [call('a:1', 100), call('a:1', 105), call('a:2', 200), call('a:3', 300)];
    expect(judged({ calls: twice })).toMatchObject({ overlapping: ['a:1'], reordered: [] });
    const inside = [call('a:1', 100, 400), call('a:2', 200), call('a:3', 300)];
    expect(judged({ calls: inside }).overlapping).toEqual(['a:2', 'a:3']);
  });

  it('are none where the subjects differ, where one ends as the next begins, or where the first died', () => {
    const apart = KEYS.map((key, i) => stored(key, i + 1, `conversation/${i}`));
    expect(judged({ stored: apart, calls: KEYS.map((key) => call(key, 100)) }).overlapping).toEqual([]);
    const touching = [call('a:1', 100, 110), call('a:2', 110, 120), call('a:3', 120)];
    expect(judged({ calls: touching }).overlapping).toEqual([]);
    expect(judged({ calls: [call('a:1', 100, null), call('a:1', 105), call('a:2', 200)] }).overlapping).toEqual([]);
  });
});

it('does not ask for storage of what was never answered 200, but allows it', () => {
  const unanswered = [...ALL_SENT, sent('a:4', { attempts: [{ atMs: 0, latencyMs: 5_000 }] })];
  expect(judged({ sent: unanswered })).toEqual(CLEAN);
  expect(judged({ sent: unanswered, stored: [...ALL_STORED, stored('a:4', 4)] })).toEqual(CLEAN);
});

import { describe, expect, it } from 'vitest';
import { Status } from '#operator/api/status.ts';
import { EMPTY_LEDGER, entered, merged, type Observations } from '#operator/observations/ledger.ts';
import { type ObservedInput, observedStatus } from '#operator/observations/observed-status.ts';
import type { Observation } from '#shared/observation.ts';
import { document, NOW } from './documents.ts';

const KEY = { name: 'intercom', key: 'secret' };
/** 2027-01-15T08:00:00Z */
const AT = '2027-01-15T08:00:00Z';
const EARLIER = '2027-01-15T07:00:00Z';

const observations = (part: Partial<Observation> = {}): Observations =>
  merged(entered(EMPTY_LEDGER, document(part), { readAt: NOW, signing: [KEY] }), new Map(), NOW);

const status = (part: Partial<ObservedInput> = {}) => {
  const found = observedStatus({
    declaredTopics: ['ticket.created'],
    secretKeyRefs: [KEY],
    observations: observations(),
    before: {},
    isSameSpec: true,
    nowSecond: NOW,
    ...part,
  });
  expect(Status.parse(found)).toEqual(found);
  return found;
};

describe('the status of what was seen', () => {
  it('has nothing but the budget where nothing came', () => {
    expect(status()).toEqual({
      endpoint: {},
      budget: { errors15m: 0, streak: 0, remaining: 1000, redeliveries: 0 },
      signing: [KEY],
      topics: { undeclaredSeen: [], declaredNeverSeen: ['ticket.created'], renamed: [] },
    });
  });

  it('has the times of what came, to the minute', () => {
    const seen = { lastPingAt: NOW + 30, lastNotificationAt: NOW + 59, signedAt: [NOW + 1, null, null] as const };
    expect(status({ observations: observations({ ...seen, signedAt: [...seen.signedAt] }) })).toMatchObject({
      endpoint: { lastPingAt: AT, lastNotificationAt: AT },
      signing: [{ ...KEY, lastSignedAt: AT }],
    });
  });

  it('remembers what no process does any more, and never goes back', () => {
    const before: Status = {
      endpoint: { lastPingAt: AT, lastNotificationAt: AT },
      signing: [
        { ...KEY, lastSignedAt: AT },
        { name: 'another', key: 'secret', lastSignedAt: EARLIER },
      ],
    };
    const kept = { endpoint: { lastPingAt: AT, lastNotificationAt: AT }, signing: [{ ...KEY, lastSignedAt: AT }] };
    expect(status({ before })).toMatchObject(kept);
    const older = observations({
      lastPingAt: NOW - 99,
      lastNotificationAt: NOW - 99,
      signedAt: [NOW - 99, null, null],
    });
    expect(status({ before, observations: older })).toMatchObject(kept);
  });

  it('says of several keys which may go, from what it said before and what signs now', () => {
    const OLD = { name: 'intercom', key: 'old' };
    const DAY_AGO = '2027-01-14T08:00:00Z';
    const old = { ...OLD, lastSignedAt: '2027-01-14T07:59:00Z', supersededAt: DAY_AGO };
    const before: Status = {
      signing: [
        { ...KEY, lastSignedAt: EARLIER, mayGo: false },
        { ...old, mayGo: false },
      ],
    };
    const secretKeyRefs = [KEY, OLD];
    const signs = observations({ signedAt: [NOW, null, null] });
    expect(status({ before, secretKeyRefs, observations: signs }).signing).toEqual([
      { ...KEY, lastSignedAt: AT, mayGo: false },
      { ...old, mayGo: true },
    ]);
    const unread = { ...signs, unread: ['support-ingress-1'] };
    expect(status({ before, secretKeyRefs, observations: unread }).signing?.[1]).toEqual({ ...old, mayGo: false });
    expect(status({ before, secretKeyRefs, observations: null }).signing).toEqual(before.signing);
  });

  it('stays as it was while nothing could be read, save what the spec says itself', () => {
    const before: Status = {
      endpoint: { lastPingAt: EARLIER },
      budget: { errors15m: 7, streak: 7, remaining: 993, redeliveries: 0 },
      topics: { undeclaredSeen: ['x'], declaredNeverSeen: ['y'], renamed: [] },
    };
    expect(status({ observations: null, before, declaredTopics: ['user.created'] })).toEqual({
      ...before,
      signing: [KEY],
      topics: {
        undeclaredSeen: ['x'],
        declaredNeverSeen: ['y'],
        renamed: [{ from: 'user.created', to: 'contact.user.created' }],
      },
    });
  });

  it('sorts topics into those that nobody declared and those that never came', () => {
    const topics: Observation['topics'] = [
      ['z.new', NOW],
      ['a.new', NOW - 86_399],
      ['gone', NOW - 86_400],
      ['ticket.created', NOW - 999_999],
    ];
    expect(
      status({ declaredTopics: ['b', 'ticket.created', 'a'], observations: observations({ topics }) }).topics,
    ).toEqual({
      undeclaredSeen: ['a.new', 'z.new'],
      declaredNeverSeen: ['a', 'b'],
      renamed: [],
    });
  });

  it('takes a topic for one that came if the status said so of the same spec', () => {
    const before: Status = { topics: { declaredNeverSeen: ['a'] } };
    const declaredTopics = ['a', 'b'];
    expect(status({ before, declaredTopics }).topics?.declaredNeverSeen).toEqual(['a']);
    expect(status({ before, declaredTopics, isSameSpec: false }).topics?.declaredNeverSeen).toEqual(['a', 'b']);
    expect(status({ declaredTopics }).topics?.declaredNeverSeen).toEqual(['a', 'b']);
    const came = observations({ topics: [['a', NOW]] });
    expect(status({ before, declaredTopics, observations: came }).topics?.declaredNeverSeen).toEqual([]);
  });

  it('has no more topics than the CRD allows', () => {
    const topics = Array.from({ length: 300 }, (_, i): [string, number] => [`t${i}`, NOW]);
    const declaredTopics = Array.from({ length: 300 }, (_, i) => `d${i}`);
    const found = status({ declaredTopics, observations: observations({ topics }) });
    expect(found.topics?.undeclaredSeen).toHaveLength(200);
    expect(found.topics?.declaredNeverSeen).toHaveLength(200);
  });
});

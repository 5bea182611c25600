import { describe, expect, it } from 'vitest';
import { EMPTY_LEDGER, entered, isOver, type Ledger, merged, type PodStates } from '#operator/observations/ledger.ts';
import type { SecretKeyRef } from '#operator/observations/seen.ts';
import type { Observation } from '#shared/observation.ts';
import { document, NOW } from './documents.ts';

const OLD = { name: 'intercom', key: 'old' };
const NEW = { name: 'intercom', key: 'new' };

const enter = (ledger: Ledger, part: Partial<Observation>, readAt = NOW, signing: readonly SecretKeyRef[] = [OLD]) =>
  entered(ledger, document(part), { readAt, signing });

const PODS: PodStates = new Map([
  ['ingress-0', 'read'],
  ['ingress-1', 'read'],
]);

describe('the ledger of a webhook', () => {
  it('adds up what its pods told last, not what they told before', () => {
    const first = enter(EMPTY_LEDGER, { answers: [[NOW - 5, 0, 2, 0, 1]] });
    const again = enter(first, {
      answers: [
        [NOW - 5, 0, 2, 0, 1],
        [NOW, 0, 1, 0, 0],
      ],
    });
    const both = enter(again, { pod: 'ingress-1', answers: [[NOW - 1, 0, 4, 9, 0]] });
    expect(merged(both, PODS, NOW).budget).toEqual({ errors15m: 7, streak: 7, remaining: 993, redeliveries: 1 });
  });

  it('keeps the answers of a pod that is gone until they are 15 minutes old', () => {
    const ledger = enter(EMPTY_LEDGER, { pod: 'gone', answers: [[NOW - 60, 0, 3, 0, 0]] });
    const later = (seconds: number) => merged(enter(ledger, {}, NOW + seconds), PODS, NOW + seconds).budget?.errors15m;
    expect([later(0), later(839), later(840)]).toEqual([3, 3, 0]);
  });

  it('keeps the answers of a process that started anew in its pod', () => {
    const crashed = enter(EMPTY_LEDGER, { answers: [[NOW - 2, 0, 3, 0, 0]] });
    const anew = enter(crashed, { startedAt: NOW - 1, answers: [[NOW, 0, 1, 0, 0]] });
    expect(merged(anew, PODS, NOW).budget).toMatchObject({ errors15m: 4, streak: 4 });
  });

  it('says of the budget that it is unknown once nothing was read for 16 minutes, and of what was seen what it saw', () => {
    const ledger = enter(EMPTY_LEDGER, { lastPingAt: NOW - 3, answers: [[NOW, 0, 1, 0, 0]] });
    expect(merged(ledger, PODS, NOW + 959).budget).not.toBeNull();
    expect(merged(ledger, PODS, NOW + 960)).toMatchObject({ budget: null, lastPingAt: NOW - 3 });
    expect([isOver(ledger, NOW + 959), isOver(ledger, NOW + 960)]).toEqual([false, true]);
  });

  it('remembers when each topic, key, ping and notification was last seen by any of them', () => {
    const first = enter(EMPTY_LEDGER, { topics: [['a', NOW - 9]], lastPingAt: NOW - 9, lastNotificationAt: NOW - 8 });
    const both = enter(first, {
      pod: 'ingress-1',
      topics: [
        ['a', NOW - 20],
        ['b', NOW],
      ],
      lastNotificationAt: NOW - 3,
      lastRefusedAt: NOW - 1,
    });
    const seen = merged(both, PODS, NOW);
    expect(Object.fromEntries(seen.topics)).toEqual({ a: NOW - 9, b: NOW });
    expect(seen).toMatchObject({ lastPingAt: NOW - 9, lastNotificationAt: NOW - 3, lastRefusedAt: NOW - 1 });
  });

  it('takes the place of a key as the pod has it, whatever the others have there', () => {
    const before = enter(EMPTY_LEDGER, { signedAt: [NOW - 50, null, null] }, NOW, [OLD]);
    const rolled = enter(before, { pod: 'ingress-1', signedAt: [NOW, NOW - 90, null] }, NOW, [NEW, OLD]);
    expect(Object.fromEntries(merged(rolled, PODS, NOW).signedAt)).toEqual({
      'intercom/old': NOW - 50,
      'intercom/new': NOW,
    });
  });

  it('adds up the spools of the pods that are there, and says whether it knows all of them', () => {
    const one = enter(EMPTY_LEDGER, { spool: { records: 2, bytes: 100 } });
    const gone = enter(one, { pod: 'gone', spool: { records: 50, bytes: 5_000 } });
    const both = enter(gone, { pod: 'ingress-1', spool: { records: 3, bytes: 200 } });
    expect(merged(both, PODS, NOW).spool).toEqual({ records: 5, bytes: 300, isWhole: true });
    expect(merged(gone, PODS, NOW).spool.isWhole).toBe(false);
    expect(merged(enter(both, { startedAt: NOW, spool: null }), PODS, NOW).spool.isWhole).toBe(false);
    const unread = merged(both, new Map([...PODS, ['ingress-1', 'unread']]), NOW);
    expect(unread).toMatchObject({ spool: { records: 5, isWhole: false }, unread: ['ingress-1'] });
  });

  it('stays bounded, whatever pods crash and whatever topics they tell', () => {
    let ledger = EMPTY_LEDGER;
    for (let i = 0; i < 100; i += 1) {
      const topics = Array.from({ length: 50 }, (_, n): [string, number] => [`${i}.${n}`, NOW - 1_000 + i]);
      ledger = enter(ledger, { startedAt: NOW - 1_000 + i, topics });
    }
    expect(ledger.readings).toHaveLength(64);
    expect(ledger.seen.topics.size).toBe(1_400);
    expect(ledger.seen.topics.has('99.0')).toBe(true);
  });
});

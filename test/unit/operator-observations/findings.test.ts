import { describe, expect, it } from 'vitest';
import type { Condition } from '#operator/api/status.ts';
import { OBSERVED_CONDITION_TYPES } from '#operator/observations/condition-types.ts';
import { type FindingsInput, observedFindings } from '#operator/observations/findings.ts';
import { EMPTY_LEDGER, entered, merged, type Observations } from '#operator/observations/ledger.ts';
import type { Observation } from '#shared/observation.ts';
import { document, NOW } from './documents.ts';

const URL = 'https://hooks.example.com/intercom';
const RECENT = '2027-01-15T08:00:00Z';
const LONG_AGO = '2027-01-14T07:59:00Z';

const observations = (part: Partial<Observation> = {}): Observations =>
  merged(entered(EMPTY_LEDGER, document(part), { readAt: NOW, signing: [] }), new Map([['ingress-0', 'read']]), NOW);
const UNREAD = merged(EMPTY_LEDGER, new Map([['ingress-0', 'unread'] as const, ['ingress-1', 'unread'] as const]), NOW);
const answered = (errors: number, redelivered = 0): Observations =>
  observations({ answers: [[NOW, 0, errors, 0, redelivered]] });

/** Status and reason of one condition. */
function find(type: string, part: Partial<FindingsInput>) {
  const input = {
    observations: observations(),
    status: { endpoint: {} },
    url: URL,
    before: [],
    nowSecond: NOW,
    ...part,
  };
  const findings = observedFindings(input);
  expect(findings.map((finding) => finding.type)).toEqual(Object.keys(OBSERVED_CONDITION_TYPES));
  const { status, reason, message } = findings.find((finding) => finding.type === type) ?? {};
  return { verdict: `${status} ${reason}`, message };
}

describe('EndpointVerified', () => {
  const pinged = { status: { endpoint: { lastPingAt: RECENT } } };
  it.each([
    ['Unknown NothingReceived', {}],
    ['True PingReceived', { status: { endpoint: { lastPingAt: LONG_AGO } } }],
    ['True NotificationReceived', { status: { endpoint: { lastPingAt: RECENT, lastNotificationAt: LONG_AGO } } }],
    ['False SignatureRefused', { observations: observations({ lastRefusedAt: NOW }) }],
    ['Unknown NothingReceived', { observations: observations({ lastRefusedAt: NOW - 86_400 }) }],
    ['False SignatureRefused', { ...pinged, observations: observations({ lastRefusedAt: NOW + 120 }) }],
    ['True PingReceived', { ...pinged, observations: observations({ lastRefusedAt: NOW + 119 }) }],
    ['Unknown NotObserved', { observations: UNREAD }],
    ['True PingReceived', { observations: UNREAD, status: { endpoint: { lastPingAt: RECENT } } }],
  ] satisfies [string, Partial<FindingsInput>][])('is %s', (verdict, part) => {
    expect(find('EndpointVerified', part).verdict).toBe(verdict);
  });

  it('says what to click, and which URL to enter', () => {
    const { message } = find('EndpointVerified', {});
    expect(message).toContain(URL);
    expect(message).toContain('"Send test request"');
  });
});

describe('WithinErrorBudget', () => {
  it.each([
    ['True WithinBudget', answered(0)],
    ['True WithinBudget', answered(499)],
    ['False HalfSpent', answered(500)],
    ['False HalfSpent', answered(999)],
    ['False Spent', answered(1000)],
    ['True WithinBudget', answered(5, 15)],
    ['True RedeliveriesUnexplained', answered(5, 16)],
    ['Unknown NotObserved', UNREAD],
  ])('is %s', (verdict, seen) => {
    expect(find('WithinErrorBudget', { observations: seen }).verdict).toBe(verdict);
  });
});

describe('ReceivingNotifications', () => {
  const last = (lastNotificationAt: string) => ({ endpoint: { lastNotificationAt } });
  it.each([
    ['False NeverReceived', {}],
    ['True Receiving', { status: last(RECENT) }],
    ['False Silent', { status: last(LONG_AGO) }],
    ['Unknown NotObserved', { observations: UNREAD }],
    ['Unknown NotObserved', { observations: UNREAD, status: last(LONG_AGO) }],
    ['True Receiving', { observations: UNREAD, status: last(RECENT) }],
  ] satisfies [string, Partial<FindingsInput>][])('is %s', (verdict, part) => {
    expect(find('ReceivingNotifications', part).verdict).toBe(verdict);
  });

  it('says since when nothing came', () => {
    expect(find('ReceivingNotifications', { status: last(LONG_AGO) }).message).toContain(LONG_AGO);
  });
});

describe('the findings', () => {
  it('stay as they were until something is read', () => {
    const before: Condition[] = [
      {
        type: 'WithinErrorBudget',
        status: 'False',
        reason: 'Spent',
        message: 'as it was',
        observedGeneration: 3,
        lastTransitionTime: RECENT,
      },
    ];
    const none = { observations: null, status: { endpoint: {} }, url: URL, before, nowSecond: NOW };
    expect(observedFindings(none)).toEqual([
      expect.objectContaining({ type: 'EndpointVerified', status: 'Unknown', reason: 'NotObserved' }),
      { type: 'WithinErrorBudget', status: 'False', reason: 'Spent', message: 'as it was' },
      expect.objectContaining({ type: 'ReceivingNotifications', status: 'Unknown', reason: 'NotObserved' }),
    ]);
  });

  it('name a pod that cannot be read, and how many more there are', () => {
    expect(find('WithinErrorBudget', { observations: UNREAD }).message).toMatch(/^pod ingress-0 and 1 more cannot/);
  });

  it('have messages that stay the same while counts and seconds go on', () => {
    const messages = (seen: Observations) =>
      Object.keys(OBSERVED_CONDITION_TYPES).map((type) => find(type, { observations: seen }).message);
    expect(messages(answered(600))).toEqual(messages(answered(700)));
  });
});

import { expect, it } from 'vitest';
import { answer } from '#services/ingress/answer.ts';
import { type Outcome, settled } from '#services/ingress/receive.ts';

const STORED = { kind: 'stored', topic: 'ticket.created', isRedelivery: false, secretIndex: 1 } as const;

const TABLE: readonly [Outcome, status: number, label: string][] = [
  [{ ...STORED, declared: true }, 200, 'stored'],
  [{ ...STORED, declared: false }, 200, 'stored_undeclared'],
  [{ kind: 'other-workspace' }, 200, 'other_workspace'],
  [{ kind: 'ping', secretIndex: 0 }, 200, 'ping'],
  [{ kind: 'ping', secretIndex: null }, 200, 'ping_unsigned'],
  [{ kind: 'unreadable', reason: 'NotJson' }, 200, 'unreadable'],
  [{ kind: 'refused', reason: 'missing' }, 401, 'signature_missing'],
  [{ kind: 'refused', reason: 'malformed' }, 401, 'signature_malformed'],
  [{ kind: 'refused', reason: 'wrong' }, 401, 'signature_wrong'],
  [{ kind: 'too-large', isSigned: false }, 413, 'too_large'],
  [{ kind: 'unavailable', reason: 'not_stored', error: new Error('away') }, 503, 'unavailable'],
];

it.each(TABLE)('%j is answered with %i', (outcome, status, label) => {
  expect(answer(outcome)).toMatchObject({ status, label });
});

it('closes the connection only where a body was too large', () => {
  expect(TABLE.filter(([outcome]) => answer(outcome).close).map(([{ kind }]) => kind)).toEqual(['too-large']);
});

it('closes the connection of a sender that gave way, for nobody reads the rest of its body', () => {
  const error = new Error('too much');
  expect(answer({ kind: 'unavailable', reason: 'receiving', error })).toMatchObject({ status: 503, close: true });
  expect(answer({ kind: 'unavailable', reason: 'waiting', error })).toMatchObject({ status: 503, close: false });
});

it.each([
  [{ kind: 'unavailable', error: new Error('away') } as const, 'not_stored'],
  [{ kind: 'no-room', error: new Error('too much waits') } as const, 'waiting'],
])('tells apart why nothing was stored: %j', (put, reason) => {
  const { error } = put;
  expect(settled(put, { kind: 'ping', secretIndex: 0 })).toEqual({ kind: 'unavailable', reason, error });
});

it('asks to come back later only where nothing could be stored', () => {
  const patient = TABLE.filter(([outcome]) => answer(outcome).retryAfterSeconds !== null);
  expect(patient.map(([{ kind }]) => kind)).toEqual(['unavailable']);
});

it('never redirects, unsubscribes or throttles, and counts everything under a name of its own', () => {
  const answers = TABLE.map(([outcome]) => answer(outcome));
  for (const { status } of answers) expect([200, 401, 413, 503]).toContain(status);
  expect(new Set(answers.map(({ label }) => label)).size).toBe(TABLE.length);
});

import { expect, it } from 'vitest';
import { answer } from '#services/ingress/answer.ts';
import type { Outcome } from '#services/ingress/receive.ts';

const TABLE: readonly [Outcome, status: number, label: string][] = [
  [{ kind: 'stored', declared: true, secretIndex: 0 }, 200, 'stored'],
  [{ kind: 'stored', declared: false, secretIndex: 1 }, 200, 'stored_undeclared'],
  [{ kind: 'other-workspace' }, 200, 'other_workspace'],
  [{ kind: 'ping', signed: true }, 200, 'ping'],
  [{ kind: 'ping', signed: false }, 200, 'ping_unsigned'],
  [{ kind: 'unreadable', reason: 'NotJson' }, 200, 'unreadable'],
  [{ kind: 'refused', reason: 'missing' }, 401, 'signature_missing'],
  [{ kind: 'refused', reason: 'malformed' }, 401, 'signature_malformed'],
  [{ kind: 'refused', reason: 'wrong' }, 401, 'signature_wrong'],
  [{ kind: 'too-large' }, 413, 'too_large'],
  [{ kind: 'unavailable', error: new Error('away') }, 503, 'unavailable'],
];

it.each(TABLE)('%j is answered with %i', (outcome, status, label) => {
  expect(answer(outcome)).toMatchObject({ status, label });
});

it('closes the connection only where a body was too large', () => {
  expect(TABLE.filter(([outcome]) => answer(outcome).close).map(([{ kind }]) => kind)).toEqual(['too-large']);
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

import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { formatStatus } from '#cli/demo/status-table.ts';

const condition = (type: string, reason: string, message: string) => ({
  type,
  status: 'True' as const,
  reason,
  message,
  lastTransitionTime: '2026-01-02T03:04:05Z',
});

it('a status is shown with Ready first, and columns in line', () => {
  const text = formatStatus('support', {
    conditions: [condition('Accepted', 'Parsed', 'it is valid'), condition('Ready', 'AllWell', 'all is there')],
    totals: { lag: 3, deadLetters: 1 },
    handlers: [{ name: 'answers', replicas: 2 }, { name: 'audit' }],
  });
  expect(stripVTControlCharacters(text).split('\n')).toEqual([
    'What the operator reports of IntercomWebhook support',
    '  Ready     True  AllWell  all is there',
    '  Accepted  True  Parsed   it is valid',
    '  waiting: 3; dead letters: 1; ready pods: answers 2, audit 0',
  ]);
});

it('a status without totals says that they are not known', () => {
  expect(formatStatus('support', {})).toContain('waiting: unknown; dead letters: unknown');
});

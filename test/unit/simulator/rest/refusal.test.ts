import { describe, expect, it } from 'vitest';
import { errorList, type Refusal, refusalAnswer } from '#services/simulator/rest/refusal.ts';

interface Case {
  readonly refusal: Refusal;
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const cases: readonly Case[] = [
  { refusal: { kind: 'unauthorized' }, status: 401, code: 'unauthorized', message: 'Access Token Invalid' },
  {
    refusal: { kind: 'rate-limited', limit: 1667 },
    status: 429,
    code: 'rate_limit_exceeded',
    message: 'Exceeded rate limit of 1667 in 10_seconds',
  },
  {
    refusal: { kind: 'unknown-version' },
    status: 400,
    code: 'intercom_version_invalid',
    message: 'The requested version could not be found',
  },
  { refusal: { kind: 'not-found' }, status: 404, code: 'not_found', message: 'Resource Not Found' },
  { refusal: { kind: 'unknown-contact' }, status: 404, code: 'not_found', message: 'User Not Found' },
  {
    refusal: { kind: 'parameter-missing', parameter: 'admin_id' },
    status: 400,
    code: 'parameter_not_found',
    message: 'admin_id is a required parameter',
  },
  {
    refusal: { kind: 'no-such-option', parameter: 'message_type' },
    status: 400,
    code: 'parameter_invalid',
    message: "Message Type isn't an option",
  },
];

describe('refusalAnswer', () => {
  it.each(cases)('$code: $message', ({ refusal, status, code, message }) => {
    expect(refusalAnswer(refusal)).toEqual({ status, code, message });
  });

  it.each([
    { kind: 'unknown-admin', status: 404, code: 'admin_not_found' },
    { kind: 'not-acceptable', status: 406, code: 'media_type_not_acceptable' },
    { kind: 'unreadable', status: 400, code: 'parameter_invalid' },
    { kind: 'too-large', status: 413, code: 'client_error' },
    { kind: 'full', status: 503, code: 'service_unavailable' },
  ] as const)('$kind: $status $code', ({ kind, status, code }) => {
    expect(refusalAnswer({ kind })).toMatchObject({ status, code });
  });

  it.each([
    [500, 'server_error'],
    [503, 'service_unavailable'],
    [504, 'request_timeout'],
  ] as const)('answers a fault %i as %s', (status, code) => {
    expect(refusalAnswer({ kind: 'fault', status })).toMatchObject({ status, code });
  });
});

describe('errorList', () => {
  it('has the shape of the REST description', () => {
    const answer = refusalAnswer({ kind: 'not-found' });
    expect(errorList('f93ecfa8-d08a-4325-8694-89aeb89c8f85', answer)).toEqual({
      type: 'error.list',
      request_id: 'f93ecfa8-d08a-4325-8694-89aeb89c8f85',
      errors: [{ code: 'not_found', message: 'Resource Not Found' }],
    });
  });
});

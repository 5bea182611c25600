import { describe, expect, it } from 'vitest';
import { type Call, isAbsence, refusalError } from '#operator/kube/kube-error.ts';

const CALL: Call = {
  verb: 'apply',
  resource: { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments' },
  ref: { namespace: 'crm', name: 'support' },
  subresource: 'status',
};

const status = (reason: string, details?: object) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  reason,
  message: 'because',
  ...(details === undefined ? {} : { details }),
});

describe('refusalError', () => {
  it.each([
    [400, 'BadRequest', 'invalid'],
    [401, 'Unauthorized', 'unauthorized'],
    [403, 'Forbidden', 'forbidden'],
    [404, 'NotFound', 'not-found'],
    [409, 'Conflict', 'conflict'],
    [409, 'AlreadyExists', 'already-exists'],
    [410, 'Expired', 'gone'],
    [422, 'Invalid', 'invalid'],
    [429, 'TooManyRequests', 'unavailable'],
    [500, 'InternalError', 'unavailable'],
    [503, 'ServiceUnavailable', 'unavailable'],
    [504, 'Timeout', 'timed-out'],
  ])('takes %i %s for %s', (code, reason, kind) => {
    expect(refusalError(CALL, { status: code, body: status(reason) })).toMatchObject({
      kind,
      status: code,
      message: `cannot apply deployments.apps/status crm/support: ${kind}: because`,
    });
  });

  it('tells a namespace that is being deleted from a role that is too narrow', () => {
    const body = status('Forbidden', { causes: [{ reason: 'NamespaceTerminating', field: 'metadata.namespace' }] });
    expect(refusalError(CALL, { status: 403, body }).kind).toBe('ending');
    expect(refusalError(CALL, { status: 403, body: status('Forbidden') }).kind).toBe('forbidden');
  });

  it('quotes the start of what is not from an API server', () => {
    const { message } = refusalError(CALL, { status: 502, body: `<html>${'x'.repeat(1000)}` });
    expect(message).toContain('unavailable: <html>xxx');
    expect(message.length).toBeLessThan(300);
    expect(refusalError(CALL, { status: 502, body: '' }).message).toContain('HTTP 502');
  });

  it('takes the pause from the header, else from the body', () => {
    const body = status('TooManyRequests', { retryAfterSeconds: 7 });
    expect(refusalError(CALL, { status: 429, body }).retryAfterMs).toBe(7000);
    expect(refusalError(CALL, { status: 429, body, retryAfterMs: 1000 }).retryAfterMs).toBe(1000);
    expect(refusalError(CALL, { status: 429, body: '' }).retryAfterMs).toBeNull();
  });
});

describe('isAbsence', () => {
  it('is about the object asked for and nothing on the way to it', () => {
    expect(isAbsence({ status: 404, body: status('NotFound', { name: 'a' }) }, 'a')).toBe(true);
    expect(isAbsence({ status: 404, body: status('NotFound', { name: 'crm' }) }, 'a')).toBe(false);
    expect(isAbsence({ status: 404, body: status('NotFound', {}) }, 'a')).toBe(false);
    expect(isAbsence({ status: 404, body: '404 page not found' }, 'a')).toBe(false);
    expect(isAbsence({ status: 403, body: status('Forbidden', { name: 'a' }) }, 'a')).toBe(false);
  });
});

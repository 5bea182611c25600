import { describe, expect, it } from 'vitest';
import { createdAsApplied, hasCreatedFields } from '#operator/kube/field-owners.ts';

const entry = (manager: string, operation: string, more: object = {}) => ({
  manager,
  operation,
  apiVersion: 'v1',
  time: '2026-01-01T00:00:00Z',
  fieldsType: 'FieldsV1',
  fieldsV1: { 'f:data': { 'f:a': {} } },
  ...more,
});
const object = (...managedFields: object[]) => ({ kind: 'ConfigMap', metadata: { name: 'x', managedFields } });
const applied = (...managedFields: object[]) => createdAsApplied(object(...managedFields), 'us');

describe('fields that we have created', () => {
  it('are those of our entry of updates, not of a subresource, not of somebody else', () => {
    expect(hasCreatedFields(object(entry('us', 'Update')), 'us')).toBe(true);
    expect(hasCreatedFields(object(entry('us', 'Apply')), 'us')).toBe(false);
    expect(hasCreatedFields(object(entry('us', 'Update', { subresource: 'status' })), 'us')).toBe(false);
    expect(hasCreatedFields(object(entry('them', 'Update')), 'us')).toBe(false);
    expect(hasCreatedFields({ metadata: {} }, 'us')).toBe(false);
  });

  it('become applied ones; entries of others stay as they are', () => {
    const theirs = [entry('them', 'Update', { time: undefined }), entry('us', 'Update', { subresource: 'status' })];
    expect(applied(entry('us', 'Update'), ...theirs)).toEqual([...theirs, entry('us', 'Apply')]);
  });

  it('come together with what was applied before, in one entry', () => {
    const before = entry('us', 'Apply', { fieldsV1: { 'f:data': { '.': {}, 'f:b': {} }, 'f:immutable': {} } });
    const fieldsV1 = { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} }, 'f:immutable': {} };
    expect(applied(before, entry('us', 'Update'))).toEqual([entry('us', 'Apply', { fieldsV1 })]);
    const other = entry('us', 'Apply', { apiVersion: 'v2' });
    expect(applied(other, entry('us', 'Update'))).toEqual([other, entry('us', 'Apply')]);
  });

  it('are none afterwards', () => {
    const after = applied(entry('us', 'Update'), entry('us', 'Apply'));
    expect(hasCreatedFields({ metadata: { managedFields: after } }, 'us')).toBe(false);
    expect(applied(...(after as object[]))).toEqual(after);
  });
});

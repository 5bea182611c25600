import { expect, it } from 'vitest';
import type { Status } from '#operator/api/status.ts';
import { invalidStatus, pausedStatus } from '#operator/status.ts';
import { resource } from './objects.ts';
import { at, compute } from './results.ts';

/**
 * What tools such as Flux, Argo CD and `kpt live` make of a resource of a kind that they do not know: `checkGenericProperties`
 * and `checkReadyCondition` of sigs.k8s.io/cli-utils/pkg/kstatus.
 */
function kstatusOf(
  generation: number,
  { observedGeneration, conditions = [] }: Status,
): 'InProgress' | 'Failed' | 'Current' {
  if (observedGeneration !== undefined && observedGeneration !== generation) return 'InProgress';
  const statusOf = (type: string) => conditions.find((each) => each.type === type)?.status;
  if (statusOf('Reconciling') === 'True') return 'InProgress';
  if (statusOf('Stalled') === 'True') return 'Failed';
  return (statusOf('Ready') ?? 'True') === 'True' ? 'Current' : 'InProgress';
}

const object = (generation: number, status: Status = {}) => resource({}, { status, metadata: { generation } });
const ready = compute({ object: object(1) });

it.each([
  { when: 'everything is there', generation: 1, status: ready, expected: 'Current' },
  { when: 'pods are missing', generation: 1, status: compute({ object: object(1), pods: {} }), expected: 'InProgress' },
  { when: 'its spec has changed since', generation: 2, status: ready, expected: 'InProgress' },
  {
    when: 'it is not valid',
    generation: 2,
    status: invalidStatus(object(2, ready), [], at(1)),
    expected: 'InProgress',
  },
  { when: 'it is paused', generation: 1, status: pausedStatus(object(1, ready), at(1)), expected: 'Current' },
  {
    when: 'it is paused, and its spec has changed since',
    generation: 2,
    status: pausedStatus(object(2, ready), at(1)),
    expected: 'InProgress',
  },
])('is $expected to kstatus when $when', ({ generation, status, expected }) => {
  expect(kstatusOf(generation, status)).toBe(expected);
});

import { describe, expect, it } from 'vitest';
import type { ConditionName } from '#operator/api/condition-types.ts';
import type { Condition } from '#operator/api/status.ts';
import type { Part } from '#operator/render/meta.ts';
import type { Results } from '#operator/status.ts';
import { webhook } from '#test/support/webhook.ts';
import { ALL_PODS, compute, conditionIn, type Pods, RECEIVER } from './results.ts';

describe('the receiver and the handlers', () => {
  it.each<{ what: string; of: Partial<Results> & { pods?: Pods }; type: ConditionName; is: Partial<Condition> }>([
    {
      what: 'fewer pods than wanted still answer',
      of: { pods: { ...ALL_PODS, [RECEIVER]: [2, 1] } },
      type: 'ReceiverAvailable',
      is: {
        status: 'True',
        reason: 'PartlyAvailable',
        message: '1 of 2 pods of icw-support-ingress in namespace crm are available',
      },
    },
    {
      what: 'no pod answers',
      of: { pods: { ...ALL_PODS, [RECEIVER]: [2, 0] } },
      type: 'ReceiverAvailable',
      is: {
        status: 'False',
        reason: 'Unavailable',
        message: 'no pods of icw-support-ingress in namespace crm are available: look at their events',
      },
    },
    {
      what: 'no pod can be made',
      of: { pods: {}, blocked: new Map<Part, string>([['receiver', 'a Secret is missing']]) },
      type: 'ReceiverAvailable',
      is: { status: 'False', reason: 'Blocked', message: 'a Secret is missing' },
    },
    {
      what: 'what runs goes on although it could not be changed',
      of: { blocked: new Map<Part, string>([['receiver', 'a Secret is missing']]) },
      type: 'ReceiverAvailable',
      is: { status: 'True', reason: 'Available' },
    },
    {
      what: 'one kind of workload takes the place of the other, which still has the pods',
      of: { pods: { ...ALL_PODS, [RECEIVER]: [2, 0], 'StatefulSet icw-support-ingress': [2, 2] } },
      type: 'ReceiverAvailable',
      is: { status: 'True', reason: 'Available' },
    },
    {
      what: 'a handler has no pods',
      of: { pods: { [RECEIVER]: [2, 2] } },
      type: 'HandlersAvailable',
      is: {
        status: 'False',
        reason: 'Unavailable',
        message:
          'handler support: no pods of icw-support-support-worker in namespace crm are available: look at their events',
      },
    },
    {
      what: 'a handler cannot have pods',
      of: { pods: {}, blocked: new Map<Part, string>([['handler support', 'a Secret is missing']]) },
      type: 'HandlersAvailable',
      is: { status: 'False', reason: 'Blocked', message: 'handler support: a Secret is missing' },
    },
    {
      what: 'all is suspended',
      of: { pods: { [RECEIVER]: [2, 2] }, webhook: webhook({ suspend: true }) },
      type: 'HandlersAvailable',
      is: { status: 'True', reason: 'Suspended', message: 'spec.suspend is true: notifications wait' },
    },
    {
      what: 'every handler is suspended',
      of: { pods: {}, webhook: webhook({ handlers: [{ name: 'support', builtin: {}, suspend: true }] }) },
      type: 'HandlersAvailable',
      is: { status: 'True', reason: 'Suspended' },
    },
  ])('$what', ({ of, type, is }) => {
    expect(conditionIn(compute(of), type)).toMatchObject(is);
  });

  it('counts those alone that are to have pods', () => {
    const handlers = [
      { name: 'support', builtin: {} },
      { name: 'idle', builtin: {}, suspend: true },
    ];
    expect(conditionIn(compute({ webhook: webhook({ handlers }) }), 'HandlersAvailable')).toMatchObject({
      status: 'True',
      reason: 'Available',
      message: 'pods are available for the handler',
    });
  });
});

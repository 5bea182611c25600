import { expect, it } from 'vitest';
import { callHeaders } from '#services/worker/cloud-event.ts';

it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'a workspace with the id %s has no region, as any that is not listed',
  (appId) => {
    const stored = { topic: 't', id: '1', appId, key: 'contact/1', createdAt: null, receivedAtMs: 0, redrive: '' };
    const facts = {
      handler: 'support',
      regions: { abc12345: 'EU' },
      deliveryAttempt: 1,
      isStale: false,
      spanId: '00f067aa0ba902b7',
    };
    expect(callHeaders(stored, facts)['ce-source']).toBe(`//intercom/unknown/${appId}`);
  },
);

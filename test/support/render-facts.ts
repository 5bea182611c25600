import type { RenderFacts } from '#operator/render/facts.ts';
import { operatorPeer } from '#operator/render/network-policy.ts';

export const renderFacts = (facts: Partial<RenderFacts> = {}): RenderFacts => ({
  uid: '6f2c1f0e-52a9-4d3c-9f4e-0d8f1f0e52a9',
  image: 'ghcr.io/example/intercom-webhook-operator:0.1.0',
  natsUrls: ['nats://nats.intercom-system.svc:4222'],
  logLevel: 'info',
  insiders: { operator: operatorPeer('intercom-system'), metricsFrom: [] },
  ...facts,
});

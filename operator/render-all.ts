import type { IntercomWebhook } from './api/v1alpha1.ts';
import { renderCredentials } from './credentials/secrets.ts';
import type { Facts } from './facts.ts';
import type { Rendered } from './render/facts.ts';
import { render } from './render/render.ts';

interface Surroundings {
  readonly facts: Facts;
  readonly uid: string;
  readonly nowMs: number;
  readonly hasGatewayApi: boolean;
}

/** Every object of a resource, what its processes get into NATS with included. Equal input gives equal bytes. */
export function renderAll(webhook: IntercomWebhook, { facts, uid, nowMs, hasGatewayApi }: Surroundings): Rendered[] {
  const { access, authorities } = facts;
  const { redisUrl } = facts.rendering;
  const owner = { uid, ...(redisUrl === undefined ? {} : { redisUrl }) };
  const credentials = renderCredentials(webhook, owner, { access, authorities, nowMs });
  return [...render(webhook, { ...facts.rendering, uid, hasGatewayApi }), ...credentials];
}

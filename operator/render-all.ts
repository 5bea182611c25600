import type { IntercomWebhook } from './api/v1alpha1.ts';
import { renderCredentials } from './credentials/secrets.ts';
import type { Facts } from './reconcile.ts';
import type { Rendered } from './render/facts.ts';
import { render } from './render/render.ts';

/** Every object of a resource, what its processes log in to NATS with included. Equal input gives equal bytes. */
export function renderAll(
  webhook: IntercomWebhook,
  { facts, uid, nowMs }: { readonly facts: Facts; readonly uid: string; readonly nowMs: number },
): Rendered[] {
  const { redisUrl } = facts.rendering;
  const owner = { uid, ...(redisUrl === undefined ? {} : { redisUrl }) };
  const credentials = renderCredentials(webhook, owner, { access: facts.access, nowMs });
  return [...render(webhook, { ...facts.rendering, uid }), ...credentials];
}

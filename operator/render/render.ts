import type { IntercomWebhook } from '../api/v1alpha1.ts';
import type { Rendered, RenderFacts } from './facts.ts';
import { renderIngress } from './ingress.ts';
import { renderWorker } from './worker.ts';

/**
 * Every Kubernetes object that a resource asks for, all in its namespace and owned by it. What is not in the list must
 * not exist. Sorted by kind and name; equal input gives equal bytes.
 */
export function render(webhook: IntercomWebhook, facts: RenderFacts): Rendered[] {
  const workers = webhook.spec.handlers.flatMap((handler) => renderWorker(webhook, handler, facts));
  return [...renderIngress(webhook, facts), ...workers].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

const orderOf = ({ kind, metadata }: Rendered): string => `${kind}/${metadata?.name}`;

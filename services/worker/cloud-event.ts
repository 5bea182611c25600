import { hash } from 'node:crypto';
import type { Stored } from '#shared/envelope.ts';
import { dedupId } from '#shared/notification.ts';

export interface CallFacts {
  readonly handler: string;
  /** Regions of the known workspaces, by id. */
  readonly regions: Readonly<Record<string, string>>;
  /** 1 for the first call of this notification to this handler, whatever ended the ones before. */
  readonly deliveryAttempt: number;
  /** Something newer of its key was handled before. */
  readonly isStale: boolean;
  /** 8 random bytes, in hex. */
  readonly spanId: string;
}

/**
 * The headers of a call: CloudEvents 1.0 in binary mode, W3C trace context, and ours. The trace id follows from the
 * notification, so every call for it, on any pod, is one trace.
 */
export function callHeaders(stored: Stored, facts: CallFacts): Record<string, string> {
  const id = dedupId(stored);
  // Own properties only: an id such as `constructor` names no region.
  const region = Object.hasOwn(facts.regions, stored.appId) ? facts.regions[stored.appId]?.toLowerCase() : undefined;
  const timeMs = stored.createdAt === null ? stored.receivedAtMs : stored.createdAt * 1000;
  return {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': percentEncode(stored.id),
    'ce-type': percentEncode(`com.intercom.${stored.topic}`),
    'ce-source': `//intercom/${region ?? 'unknown'}/${encodeURIComponent(stored.appId.toWellFormed())}`,
    'ce-subject': percentEncode(stored.key),
    'ce-time': new Date(timeMs).toISOString(),
    'idempotency-key': percentEncode(`${id}:${facts.handler}`),
    'x-delivery-attempt': String(facts.deliveryAttempt),
    ...(facts.isStale ? { 'x-intercom-stale': 'true' } : {}),
    traceparent: `00-${hash('sha256', id).slice(0, 32)}-${facts.spanId}-00`,
  };
}

/** CloudEvents HTTP binding §3.1.3.2: all but visible ASCII, and `"` and `%`, as percent-encoded UTF-8. */
export const percentEncode = (text: string): string =>
  SAFE.test(text) ? text : text.toWellFormed().replaceAll(UNSAFE, encodeURIComponent);

const SAFE = /^[!#$&-~]*$/;
const UNSAFE = /[^!#$&-~]+/g;

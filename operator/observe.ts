import { type Parsed, parseWebhook } from './api/parse-webhook.ts';
import type { IntercomWebhook } from './api/v1alpha1.ts';
import { PAUSED_ANNOTATION } from './intercom-webhooks.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Store } from './kube/store.ts';
import { type SecretReader, type SecretStates, secretKeys } from './secrets.ts';

/** What one pass looks at. Nothing after it reads a Secret or another resource. */
export interface Observed {
  readonly object: KubeObject;
  readonly parsed: Parsed;
  /** Other resources that want the same host and path. */
  readonly rivals: readonly KubeObject[];
  /** Those that the resource names. */
  readonly secrets: SecretStates;
  readonly isPaused: boolean;
  /** Whether the cluster has the Gateway API. */
  readonly hasGatewayApi: boolean;
}

export interface ObserveDeps {
  readonly webhooks: Pick<Store<'endpoint'>, 'find'>;
  readonly secrets: SecretReader;
  readonly hasGatewayApi: () => boolean;
}

/** Of a resource that is ours. */
export async function observe(
  object: KubeObject,
  { webhooks, secrets, hasGatewayApi }: ObserveDeps,
  signal: AbortSignal,
): Promise<Observed> {
  const parsed = parsedOnce(object);
  const { annotations } = object.metadata as { annotations?: Readonly<Record<string, string>> };
  const isPaused = annotations?.[PAUSED_ANNOTATION] !== undefined;
  const isLookedAt = parsed.kind === 'ok' && !isPaused && object.metadata.deletionTimestamp === undefined;
  const { namespace = '', uid } = object.metadata;
  return {
    object,
    parsed,
    isPaused,
    hasGatewayApi: hasGatewayApi(),
    rivals: endpointsOf(object)
      .flatMap((endpoint) => webhooks.find('endpoint', endpoint))
      .filter((other) => other.metadata.uid !== uid),
    secrets: isLookedAt ? await secrets.read(namespace, secretKeys(parsed.webhook), signal) : new Map(),
  };
}

/** The resource as we know it; null where it is invalid, or on its way out. */
export function acceptable(object: KubeObject): IntercomWebhook | null {
  if (object.metadata.deletionTimestamp !== undefined) return null;
  const parsed = parsedOnce(object);
  return parsed.kind === 'ok' ? parsed.webhook : null;
}

/** An object of the store never changes, and to read one takes a millisecond: of 500, half a second without a pause. */
const known = new WeakMap<KubeObject, Parsed>();

function parsedOnce(object: KubeObject): Parsed {
  const before = known.get(object);
  if (before !== undefined) return before;
  // What we have written into the status is not the user's to answer for.
  const { status: _, ...declared } = object;
  const parsed = parseWebhook(declared);
  known.set(object, parsed);
  return parsed;
}

/** `<host> <path>`, as an index: at most one, and none where the host is not said. */
export function endpointsOf({ spec }: KubeObject): string[] {
  const { endpoint } = (spec ?? {}) as { endpoint?: { host?: unknown; path?: unknown } };
  return typeof endpoint?.host === 'string' ? [`${endpoint.host} ${String(endpoint.path)}`] : [];
}

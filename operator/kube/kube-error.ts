import * as z from 'zod';
import { type ObjectRef, type Resource, titleOf } from './resource.ts';

/** What was asked of the API server, for errors and metrics. */
export interface Call {
  readonly verb: Verb;
  readonly resource: Resource;
  readonly ref?: Partial<ObjectRef>;
  readonly subresource?: string;
}

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'replace' | 'apply' | 'patch' | 'delete';

export type KubeFailure =
  /** Somebody else owns the field, or changed the object since it was read. */
  | 'conflict'
  | 'already-exists'
  /** The resource version, or the place in a paged list, is too old: list again from the start. */
  | 'gone'
  /** Not the object but something on the way to it: its namespace, or the kind itself. */
  | 'not-found'
  | 'forbidden'
  /** Its namespace is being deleted: nothing new may be made in it. */
  | 'ending'
  /** The token was refused, also after it was read again. */
  | 'unauthorized'
  /** The API server will never take it as it is. */
  | 'invalid'
  /** Not reached, overloaded, or ailing. */
  | 'unavailable'
  | 'timed-out';

interface Details {
  readonly status?: number;
  /** How long the API server asks to be left alone. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Everything that a call to the API server can fail with, but for its own AbortSignal's reason. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  readonly kind: KubeFailure;
  readonly call: Call;
  /** Of HTTP; null where there was no answer. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;

  constructor(kind: KubeFailure, call: Call, reason: string, details: Details = {}) {
    super(`cannot ${describeCall(call)}: ${kind}: ${reason}`, { cause: details.cause });
    this.kind = kind;
    this.call = call;
    this.status = details.status ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

/** `apply deployments.apps/status crm/icw-support-ingress` */
export function describeCall({ verb, resource, ref, subresource }: Call): string {
  const what = subresource === undefined ? titleOf(resource) : `${titleOf(resource)}/${subresource}`;
  const place = [ref?.namespace, ref?.name].filter((part) => part !== undefined).join('/');
  return place === '' ? `${verb} ${what}` : `${verb} ${what} ${place}`;
}

/** The `Status` object of meta/v1, as far as we read it. */
const Status = z.object({
  kind: z.literal('Status'),
  code: z.int().optional(),
  reason: z.string().default(''),
  message: z.string().default(''),
  details: z
    .object({
      name: z.string().optional(),
      retryAfterSeconds: z.number().min(0).optional(),
      causes: z.array(z.object({ reason: z.string().optional() })).optional(),
    })
    .default({}),
});
type Status = z.output<typeof Status>;

/** An answer that was not 2xx, or the object of a watch's `ERROR` event. */
export interface Refusal {
  readonly status: number;
  /** Of the header `Retry-After`. */
  readonly retryAfterMs?: number;
  /** Parsed JSON, or text where it was none. */
  readonly body: unknown;
}

/** Says in our terms why the API server, or a proxy before it, did not do what was asked. */
export function refusalError(call: Call, refusal: Refusal): KubeError {
  const parsed = Status.safeParse(refusal.body);
  const said = parsed.success ? parsed.data : null;
  const status = refusal.status;
  const seconds = said?.details.retryAfterSeconds;
  const retryAfterMs = refusal.retryAfterMs ?? (seconds === undefined ? undefined : seconds * 1000);
  const reason = said?.message || excerpt(refusal.body) || `HTTP ${status}`;
  return new KubeError(failureOf(status, said), call, reason, {
    status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** `NamespaceTerminatingCause` of k8s.io/api/core/v1. */
const NAMESPACE_TERMINATING = 'NamespaceTerminating';

function failureOf(status: number, said: Status | null): KubeFailure {
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return said?.details.causes?.some(({ reason }) => reason === NAMESPACE_TERMINATING) ? 'ending' : 'forbidden';
    case 404:
      return 'not-found';
    case 409:
      return said?.reason === 'AlreadyExists' ? 'already-exists' : 'conflict';
    case 410:
      return 'gone';
    case 429:
      return 'unavailable';
    case 408:
    case 504:
      return 'timed-out';
    default:
      return status >= 400 && status < 500 ? 'invalid' : 'unavailable';
  }
}

/** Whether a 404 is about the object itself, so that it is simply not there. */
export function isAbsence({ status, body }: Refusal, name: string): boolean {
  const parsed = Status.safeParse(body);
  return status === 404 && parsed.success && parsed.data.details.name === name;
}

const MAX_EXCERPT = 200;
const excerpt = (body: unknown): string => (typeof body === 'string' ? body.slice(0, MAX_EXCERPT).trim() : '');

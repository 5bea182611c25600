import { createHash } from 'node:crypto';
import type { Desired, KubeObject, Resource } from '../kube/resource.ts';

export const EVENTS: Resource = { group: 'events.k8s.io', version: 'v1', kind: 'Event', plural: 'events' };

/** What people are told about an object. */
export interface Happening {
  readonly type: 'Normal' | 'Warning';
  /** Why, as one word for programs. */
  readonly reason: string;
  /** What was done or tried, as one word. */
  readonly action: string;
  /** A sentence. What is beyond 1024 bytes is cut off. */
  readonly note: string;
}

/** The object as it was, but for what weighs. */
interface Regarding extends Pick<KubeObject, 'apiVersion' | 'kind'> {
  readonly metadata: Pick<KubeObject['metadata'], 'name' | 'namespace' | 'uid' | 'resourceVersion'>;
}

export const regarded = ({ apiVersion, kind, metadata }: Regarding): Regarding => {
  const { name, namespace, uid, resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) },
  };
};

/** The same happening to the same object, once or again and again. */
export interface Series {
  readonly regarding: Regarding;
  readonly happening: Happening;
  readonly firstAt: Date;
  count: number;
  lastAt: Date;
}

/** Who tells it. */
export interface Reporter {
  /** `<domain>/<program>`. */
  readonly controller: string;
  /** Which of its processes. */
  readonly instance: string;
}

/** What makes two happenings the same. */
export const seriesKey = ({ metadata }: Regarding, { type, reason, action, note }: Happening): string =>
  JSON.stringify([metadata.uid, type, reason, action, note]);

/** As the API server wants it; a series has one name for as long as it lasts. */
export function eventObject({ regarding, happening, firstAt, count, lastAt }: Series, reporter: Reporter): Desired {
  const { apiVersion, kind, metadata } = regarded(regarding);
  const { name, namespace } = metadata;
  const identity = createHash('sha256').update(`${seriesKey(regarding, happening)} ${firstAt.getTime()}`);
  return {
    metadata: {
      // At most 253 characters.
      name: `${name.slice(0, 236).replace(/[-.]+$/, '')}.${identity.digest('hex').slice(0, 16)}`,
      // Of an object without namespace they are told in this one.
      namespace: namespace ?? 'default',
    },
    type: happening.type,
    reason: happening.reason,
    action: happening.action,
    note: cutTo(MAX_NOTE_BYTES, happening.note),
    regarding: { apiVersion, kind, ...metadata },
    reportingController: reporter.controller,
    reportingInstance: reporter.instance.slice(0, 128),
    eventTime: microTime(firstAt),
    // The API server takes a series from two on.
    ...(count < 2 ? {} : { series: { count, lastObservedTime: microTime(lastAt) } }),
  };
}

const MAX_NOTE_BYTES = 1024;
const ELLIPSIS = '…';

/** At most so many bytes of UTF-8, without half a character at the end. */
export function cutTo(maxBytes: number, text: string): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const { written } = new TextEncoder().encodeInto(text, new Uint8Array(maxBytes - Buffer.byteLength(ELLIPSIS)));
  return `${Buffer.from(text).subarray(0, written).toString()}${ELLIPSIS}`;
}

/** As meta/v1 wants it: six digits behind the second. */
const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');

import { createHash } from 'node:crypto';
import { isRecord } from '#shared/key.ts';
import { GROUP } from './api/v1alpha1.ts';
import type { KubeObject } from './kube/resource.ts';
import type { Rendered } from './render/facts.ts';

/** Hash of an object as it was rendered, on the object itself: what is no longer rendered shows in nothing else. */
export const RENDERED_ANNOTATION = `${GROUP}/rendered`;

/** What is applied: the object with the hash of itself. */
export function stamped(rendered: Rendered): Rendered {
  const hash = createHash('sha256').update(JSON.stringify(rendered)).digest('hex').slice(0, 16);
  const annotations = { ...rendered.metadata?.annotations, [RENDERED_ANNOTATION]: hash };
  return Object.assign({}, rendered, { metadata: Object.assign({}, rendered.metadata, { annotations }) });
}

/** Whether the API server has the object as it is to be; what others have added to it is theirs. */
export const isAsDesired = (desired: Rendered, found: KubeObject): boolean => contains(found, desired);

/** What stands below these is an amount, which the API server writes in its own way. */
const AMOUNTS: ReadonlySet<string> = new Set(['requests', 'limits', 'sizeLimit', 'divisor']);

/**
 * Whether all of `desired` is in `found`. What the API server leaves out since it is empty is there. Entries with a name
 * are compared with the one of that name: others may stand between them.
 */
export function contains(found: unknown, desired: unknown, isAmount = false): boolean {
  if (found === undefined || found === null) return isEmpty(desired);
  if (Array.isArray(desired)) return Array.isArray(found) && listContains(found, desired);
  if (isRecord(desired)) {
    return (
      isRecord(found) &&
      Object.entries(desired).every(([field, value]) => contains(found[field], value, isAmount || AMOUNTS.has(field)))
    );
  }
  return found === desired || (isAmount && isSameQuantity(found, desired));
}

function listContains(found: readonly unknown[], desired: readonly unknown[]): boolean {
  if (desired.every(isNamed)) {
    return desired.every((item) =>
      found.some((other) => isNamed(other) && other.name === item.name && contains(other, item)),
    );
  }
  return found.length === desired.length && desired.every((item, index) => contains(found[index], item));
}

const isNamed = (value: unknown): value is { readonly name: string } =>
  isRecord(value) && typeof value['name'] === 'string';

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === 0 ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isRecord(value) && Object.values(value).every(isEmpty));

/** By apimachinery's `resource.Quantity`: `1000m` comes back as `1`, `.5` as `500m`, a number as text. */
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/;
/** By suffix: a power of ten, or of two. */
const TENS = new Map(['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'].map((suffix, i) => [suffix, 3 * (i - 3)]));
const TWOS = new Map(['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].map((suffix, i) => [suffix, 10 * (i + 1)]));

/** In units of 1e-9: what is finer is rounded up. Null where it is none. */
function nanosOf(value: unknown): bigint | null {
  const match = typeof value === 'string' || typeof value === 'number' ? QUANTITY.exec(String(value)) : null;
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent = '0'] = match ?? [];
  const digits = whole + fraction;
  if (match === null || digits === '') return null;
  const amount = BigInt(digits) << BigInt(TWOS.get(suffix) ?? 0);
  const tens = 9 + (TENS.get(suffix) ?? 0) + Number(exponent) - fraction.length;
  const scale = 10n ** BigInt(Math.abs(tens));
  const nanos = tens >= 0 ? amount * scale : (amount + scale - 1n) / scale;
  return sign === '-' ? -nanos : nanos;
}

function isSameQuantity(found: unknown, desired: unknown): boolean {
  const nanos = nanosOf(desired);
  return nanos !== null && nanos === nanosOf(found);
}

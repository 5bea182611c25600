/** Sizes as Kubernetes writes quantities of bytes: a whole number, or one with a unit of 1024s or 1000s ("1Gi", "500M"). */
export const BYTE_SIZE = /^[1-9][0-9]{0,14}(Ki|Mi|Gi|Ti|k|M|G|T)?$/;

/**
 * Bytes of a size.
 * @throws RangeError when the text is not one, or is beyond 2^53; the schema admits no such text
 */
export function parseBytes(size: string | number): number {
  const match = BYTE_SIZE.exec(String(size));
  const bytes = match === null ? Number.NaN : Number.parseInt(match[0], 10) * (UNIT_BYTES[match[1] ?? ''] ?? 1);
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`not a size in bytes: ${size}`);
  return bytes;
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
};

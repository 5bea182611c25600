/**
 * Values of NATS headers. They may hold no line breaks and lose white space at their ends, so everything outside
 * visible ASCII, and the backslash, is written `\uXXXX`, one per UTF-16 unit: every string comes back unchanged.
 */
export const encodeHeader = (text: string): string =>
  VISIBLE.test(text) ? text : text.replaceAll(/[^!-[\]-~]/g, escapeUnit);

export const decodeHeader = (value: string): string =>
  value.replaceAll(/\\u([0-9a-f]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** A list as one value: space separates, and cannot occur in an encoded item. */
export const encodeList = (items: readonly string[]): string => items.map(encodeHeader).join(' ');

export const decodeList = (value: string): string[] => (value === '' ? [] : value.split(' ').map(decodeHeader));

const VISIBLE = /^[!-[\]-~]*$/;
const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

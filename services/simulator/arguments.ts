import { InvalidArgumentError } from 'commander';

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_DURATION_MS = 8 * 86_400_000;

/** @returns milliseconds. @throws InvalidArgumentError, which commander turns into a sentence that names the option */
export function durationMs(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = Number(amount) * (unitsMs[unit] ?? Number.NaN);
  if (!(ms >= 1 && ms <= MAX_DURATION_MS)) throw new InvalidArgumentError('Write 500ms, 5s, 1m, 2h or 7d, at most 8d.');
  return ms;
}

/** @throws InvalidArgumentError */
export function decimal(text: string): number {
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('Give a number like 20 or 0.5.');
  return Number(text);
}

/** A part of a whole. @throws InvalidArgumentError */
export function share(text: string): number {
  const value = decimal(text);
  if (value > 1) throw new InvalidArgumentError('Give a share from 0 to 1, like 0.1.');
  return value;
}

/** The parser throws InvalidArgumentError. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`Give a whole number, ${min} to ${max}.`);
    return value;
  };
}

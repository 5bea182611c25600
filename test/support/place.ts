/** Where something is in a value: `['spec', 'handlers', 0, 'name']`. */
type Place = readonly (string | number)[];

/**
 * The first place in a value that a path of a schema leads to, as `nodesOf` writes paths: `spec.handlers[].name`,
 * `spec.labels{}` for the values of a map; null where it has none.
 */
export const placeOf = (value: unknown, path: string): Place | null =>
  search(
    value,
    path.split(/\.|(?=\[\]|\{\})/).filter((step) => step !== ''),
  );

function search(value: unknown, steps: readonly string[]): Place | null {
  const [step, ...rest] = steps;
  if (step === undefined) return [];
  for (const [at, inner] of entriesAt(value, step)) {
    const found = search(inner, rest);
    if (found !== null) return [at, ...found];
  }
  return null;
}

function entriesAt(value: unknown, step: string): readonly (readonly [string | number, unknown])[] {
  if (step === '[]') return Array.isArray(value) ? [...value.entries()] : [];
  const entries = Object.entries(value ?? {}) as [string, unknown][];
  return step === '{}' ? entries : entries.filter(([name]) => name === step);
}

/** A place as the API server writes it: `spec.handlers[0].name`. */
export const textOf = (place: Place): string =>
  place.reduce<string>((text, step) => below(text, typeof step === 'number' ? `[${step}]` : step), '');

/** A path with a step more, the step of a list being `[0]`. */
export const below = (path: string, step: string): string =>
  path === '' || step === '' || step.startsWith('[') ? `${path}${step}` : `${path}.${step}`;

/** The value with something else at a place that it has. */
export function changed(value: unknown, place: Place, change: (old: unknown) => unknown): unknown {
  const [step, ...rest] = place;
  if (step === undefined) return change(value);
  if (Array.isArray(value)) return value.map((item, n) => (n === step ? changed(item, rest, change) : item));
  const object = value as Readonly<Record<string, unknown>>;
  return { ...object, [step]: changed(object[step], rest, change) };
}

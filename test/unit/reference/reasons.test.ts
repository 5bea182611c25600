import { describe, expect, it } from 'vitest';
import { CONDITION_TYPES } from '#operator/api/condition-types.ts';
import { OBSERVED_CONDITION_TYPES } from '#operator/observations/condition-types.ts';
import { found, sourcesOf } from './sources.ts';

const TABLES = { ...CONDITION_TYPES, ...OBSERVED_CONDITION_TYPES };

/** `Ready False NotReady` */
const declared = Object.entries(TABLES).flatMap(([type, { reasons }]) =>
  Object.entries(reasons as Readonly<Record<string, Readonly<Record<string, string>>>>).flatMap(([, texts]) =>
    Object.keys(texts).map((reason) => `${type} ${reason}`),
  ),
);

/**
 * Types and reasons that stand together in one function or constant. One that has a reason and no type is given the type: it
 * counts for all that its file names.
 */
function used(text: string): string[] {
  const isType = (word: string): boolean => Object.hasOwn(TABLES, word);
  const words = (part: string): string[] => found(part, /'([A-Z][A-Za-z]+)'/g);
  return text.split(/\n(?=\S)/).flatMap((part) => {
    const types = words(part).filter(isType);
    const reasons = found(part, /(?:reason: |reason = |\? |: )'([A-Z][A-Za-z]+)'/g).filter((word) => !isType(word));
    const about = types.length > 0 ? types : words(text).filter(isType);
    return about.flatMap((type) => reasons.map((reason) => `${type} ${reason}`));
  });
}

const files = [...sourcesOf('operator')].filter(([path]) => !path.endsWith('/condition-types.ts'));
const inCode = new Set(files.flatMap(([, text]) => used(text)));

describe('conditions and reasons of the tables', () => {
  it('are all given by some code', () => {
    expect(declared.filter((pair) => !inCode.has(pair))).toEqual([]);
  });

  it('are the only ones that code gives', () => {
    const given = files.flatMap(([, text]) =>
      text.split(/\n(?=\S)/).flatMap((part) => {
        const [type, ...others] = found(part, /type(?:: | = )'([A-Z][A-Za-z]+)'/g).filter((word) =>
          Object.hasOwn(TABLES, word),
        );
        if (type === undefined || others.length > 0) return [];
        return found(part, /reason(?:: | = )'([A-Z][A-Za-z]+)'/g).map((reason) => `${type} ${reason}`);
      }),
    );
    expect(given.length).toBeGreaterThan(10);
    expect(given.filter((pair) => !declared.includes(pair))).toEqual([]);
  });
});

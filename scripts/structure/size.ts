import { baseName, isUnder, type Rule, type SourceFile } from './tree.ts';

const MAX_LINES = 300;
const MAX_MEDIAN_LINES = 120;
/** Composition roots and the reconcile pass read as a table of contents. */
const MAX_OVERVIEW_LINES = 80;

const isOurs = ({ path }: SourceFile): boolean => isUnder(path, 'operator', 'services', 'cli');
const linesOf = ({ text }: SourceFile): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

export const fileCeiling: Rule = ({ sources }) =>
  sources
    .filter((file) => linesOf(file) > MAX_LINES)
    .map((file) => ({
      file: file.path,
      line: MAX_LINES + 1,
      advice: `${linesOf(file)} lines, ${MAX_LINES} at most: split it by phase or by kind`,
    }));

export const overviewCeiling: Rule = ({ sources }) =>
  sources
    .filter((file) => isOurs(file) && (baseName(file.path) === 'main.ts' || file.path === 'operator/reconcile.ts'))
    .filter((file) => linesOf(file) > MAX_OVERVIEW_LINES)
    .map((file) => ({
      file: file.path,
      line: MAX_OVERVIEW_LINES + 1,
      advice: `${linesOf(file)} lines, ${MAX_OVERVIEW_LINES} at most: one call per line here, logic elsewhere`,
    }));

export const medianFile: Rule = ({ sources }) => {
  const sorted = sources
    .filter(isOurs)
    .map((file) => ({ path: file.path, lines: linesOf(file) }))
    .toSorted((a, b) => a.lines - b.lines);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined || middle.lines <= MAX_MEDIAN_LINES) return [];
  const advice = `the median file of operator/, services/ and cli/ has ${middle.lines} lines, ${MAX_MEDIAN_LINES} at most: split`;
  return [{ file: middle.path, line: 1, advice }];
};

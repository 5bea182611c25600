import { isUnder, lineAt, type Rule, violations } from './tree.ts';

/** Tests that wait for a condition, run always and once, and can fail. */

export const noFixedSleep: Rule = ({ sources }) =>
  sources
    .filter(({ path }) => isUnder(path, 'test') && !isUnder(path, 'test/support'))
    .flatMap((file) => [
      ...violations(file, file.bare, /\bsetTimeout\(/g, 'sleeps a fixed time: wait with until() from #test/support'),
      ...violations(
        file,
        file.code,
        /^import[^;]*'node:timers\/promises'/gm,
        'imports timers: wait with until() from #test/support',
      ),
    ]);

export const noTestLeftOut: Rule = ({ sources }) =>
  sources
    .filter(({ path }) => path.endsWith('.test.ts'))
    .flatMap((file) =>
      violations(
        file,
        file.bare,
        /\b(?:it|test|describe|suite)(?:\.\w+)*\.(?:only|skip|skipIf|runIf|todo|fails)\b|\b(?:ctx|context)\.skip\(|\bretry:\s*\d/g,
        '$&: every test runs, once, and what fails is mended',
      ),
    );

const TEST = /^[ \t]*(?:it|test)(?:\.\w+(?:\([^\n]*\))?)*\(/gm;

/** A test ends where the next one begins. `until` counts: it fails when its condition does not come true. */
export const everyTestExpects: Rule = ({ sources }) =>
  sources
    .filter(({ path }) => path.endsWith('.test.ts'))
    .flatMap((file) => {
      const starts = Array.from(file.bare.matchAll(TEST), ({ index }) => index);
      return starts
        .filter((start, i) => !/\b(?:expect|assert)\w*\b|\buntil\(/.test(file.bare.slice(start, starts[i + 1])))
        .map((start) => ({
          file: file.path,
          line: lineAt(file.bare, file.bare.slice(start).search(/\S/) + start),
          advice: 'no expect in this test: say what has to be true',
        }));
    });

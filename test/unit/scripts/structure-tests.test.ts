import { expect, it } from 'vitest';
import { everyTestExpects, noFixedSleep, noTestLeftOut } from '../../../scripts/structure/honesty.ts';
import { sourceFile } from '../../../scripts/structure/tree.ts';
import { check } from './planted.ts';

const PATH = 'test/unit/planted.test.ts';

it('reports a fixed sleep in a test, but not in test/support', () => {
  const sleep = 'await new Promise((done) => setTimeout(done, 100));';
  const promised = "import { setTimeout as delay } from 'node:timers/promises';";
  expect(check(noFixedSleep, { [PATH]: `\n${sleep}`, 'test/support/until.ts': sleep })).toEqual([
    `${PATH}:2: sleeps a fixed time: wait with until() from #test/support`,
  ]);
  expect(check(noFixedSleep, { [PATH]: promised, 'test/support/until.ts': promised })).toHaveLength(1);
});

it.each([
  "it.only('a', () => {});",
  "it.skip('a', () => {});",
  "describe.skip('a', () => {});",
  "test.skipIf(isCi)('a', () => {});",
  "it.concurrent.only('a', () => {});",
  "it.todo('a');",
  "it('a', { retry: 2 }, () => {});",
])('reports %s', (text) => {
  expect(check(noTestLeftOut, { [PATH]: `\n${text}` })).toEqual([expect.stringContaining(`${PATH}:2: `)]);
});

it('does not take a field named retry, or a name in a string, for a test that is left out', () => {
  const text = "const spec = { retry: { maxAttempts: 3 } };\nit('says it.only', () => expect(spec).toBeDefined());";
  expect(check(noTestLeftOut, { [PATH]: text })).toEqual([]);
});

it('reports each test that expects nothing', () => {
  const text = [
    "it('expects', () => {",
    '  expect(1).toBe(1);',
    '});',
    "it('runs only', async () => {",
    '  await run(); // expect nothing',
    '});',
    "it.each([1, 2])('runs only %i', () => {",
    "  run('expect');",
    '});',
    "  test('waits', () => until(() => done, { describe: 'done' }));",
    "  test('holds', () => fc.assert(property));",
  ];
  expect(check(everyTestExpects, { [PATH]: text.join('\n') })).toEqual([
    `${PATH}:4: no expect in this test: say what has to be true`,
    `${PATH}:7: no expect in this test: say what has to be true`,
  ]);
});

it('takes comments and strings out without moving a line', () => {
  const text = "const a = 'https://x/y'; // note\n/* two\nlines */ const b = `c\n${d}`;\nconst e = /\\/\\//;";
  const { code, bare } = sourceFile('a.ts', text);
  expect(code).toBe("const a = 'https://x/y'; \n\n const b = `c\n${d}`;\nconst e = /\\/\\//;");
  expect(bare).toBe("const a = ''; \n\n const b = ''\n;\nconst e = /\\/\\//;");
});

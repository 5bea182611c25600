import { expect, it } from 'vitest';
import { type Report, readReport, type Suite, summarize } from '../../../scripts/ci/summarize.ts';

const file = (status: 'passed' | 'failed', ...tests: string[]): Report['testResults'][number] => ({
  name: 'some.test.ts',
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});
const suite = (exitCode: number, ...testResults: Report['testResults']) => ({ exitCode, report: { testResults } });
const run = (...suites: Suite[]) => summarize({ checkExitCode: 0, suites });

it('sums the tests of all files', () => {
  const one = suite(1, file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed'));
  expect(run(one)).toEqual({ passed: 3, failed: 1 });
});

it('sums the suites', () => {
  const good = suite(0, file('passed', 'passed'));
  expect(run(good, suite(1, file('failed', 'failed')), good)).toEqual({ passed: 2, failed: 1 });
});

it('counts a file that could not be loaded, and one whose hook failed, as one failure each', () => {
  const one = suite(1, file('passed', 'passed'), file('failed'), file('failed', 'passed', 'passed'));
  expect(run(one)).toEqual({ passed: 3, failed: 2 });
});

it('counts a failed check', () => {
  expect(summarize({ checkExitCode: 2, suites: [suite(0, file('passed', 'passed'))] })).toEqual({
    passed: 1,
    failed: 1,
  });
});

it('counts a suite that failed although every file passed', () => {
  expect(run(suite(1, file('passed', 'passed')))).toEqual({ passed: 1, failed: 1 });
});

it('counts a suite without a readable report as failed', () => {
  for (const text of [null, '', 'not JSON', '{"testResults": 3}']) {
    expect(readReport(text)).toBeNull();
    expect(run({ exitCode: 0, report: readReport(text) })).toEqual({
      passed: 0,
      failed: 1,
    });
  }
});

it('counts a skipped test as neither', () => {
  expect(run(suite(0, file('passed', 'passed', 'skipped', 'todo')))).toEqual({ passed: 1, failed: 0 });
});

it('reads what vitest writes', () => {
  const text = JSON.stringify({
    numTotalTests: 1,
    success: true,
    testResults: [{ name: '/a.test.ts', status: 'passed', message: '', assertionResults: [{ status: 'passed' }] }],
  });
  expect(run({ exitCode: 0, report: readReport(text) })).toEqual({ passed: 1, failed: 0 });
});

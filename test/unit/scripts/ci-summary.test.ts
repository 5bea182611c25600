import { expect, it } from 'vitest';
import { type Report, readReport, summarize } from '../../../scripts/ci/summarize.ts';

const file = (status: 'passed' | 'failed', ...tests: string[]): Report['testResults'][number] => ({
  name: 'some.test.ts',
  status,
  assertionResults: tests.map((each) => ({ status: each })),
});
const run = (...testResults: Report['testResults']) => ({
  checkExitCode: 0,
  testExitCode: 0,
  report: { testResults },
});

it('sums the tests of all files', () => {
  const report = run(file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed'));
  expect(summarize({ ...report, testExitCode: 1 })).toEqual({ passed: 3, failed: 1 });
});

it('counts a file that could not be loaded, and one whose hook failed, as one failure each', () => {
  const report = run(file('passed', 'passed'), file('failed'), file('failed', 'passed', 'passed'));
  expect(summarize({ ...report, testExitCode: 1 })).toEqual({ passed: 3, failed: 2 });
});

it('counts a failed check', () => {
  expect(summarize({ ...run(file('passed', 'passed')), checkExitCode: 2 })).toEqual({ passed: 1, failed: 1 });
});

it('counts a test run that failed although every file passed', () => {
  expect(summarize({ ...run(file('passed', 'passed')), testExitCode: 1 })).toEqual({ passed: 1, failed: 1 });
});

it('counts a run without a readable report as failed', () => {
  for (const text of [null, '', 'not JSON', '{"testResults": 3}']) {
    expect(readReport(text)).toBeNull();
    expect(summarize({ checkExitCode: 0, testExitCode: 0, report: readReport(text) })).toEqual({
      passed: 0,
      failed: 1,
    });
  }
});

it('counts a skipped test as neither', () => {
  expect(summarize(run(file('passed', 'passed', 'skipped', 'todo')))).toEqual({ passed: 1, failed: 0 });
});

it('reads what vitest writes', () => {
  const text = JSON.stringify({
    numTotalTests: 1,
    success: true,
    testResults: [{ name: '/a.test.ts', status: 'passed', message: '', assertionResults: [{ status: 'passed' }] }],
  });
  expect(summarize({ checkExitCode: 0, testExitCode: 0, report: readReport(text) })).toEqual({ passed: 1, failed: 0 });
});

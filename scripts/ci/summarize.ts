import * as z from 'zod';

/** What is read of the report that vitest's JSON reporter writes. */
const Report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['passed', 'failed']),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});
export type Report = z.output<typeof Report>;

/** One run of vitest. */
export interface Suite {
  readonly exitCode: number;
  /** Null when the tests left none that can be read. */
  readonly report: Report | null;
}

export interface Run {
  readonly checkExitCode: number;
  readonly suites: readonly Suite[];
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
}

/** @returns null for a report that is missing or is not one */
export function readReport(text: string | null): Report | null {
  try {
    return Report.parse(JSON.parse(text ?? ''));
  } catch {
    return null;
  }
}

/**
 * Sums over all suites. A file that failed although none of its tests did (it could not be loaded, a hook failed) counts
 * as one failure, and so does a failed check, and a suite that failed for a reason no file shows.
 */
export function summarize({ checkExitCode, suites }: Run): Summary {
  const start = { passed: 0, failed: checkExitCode === 0 ? 0 : 1 };
  return suites.map(summarizeSuite).reduce((sum, { passed, failed }) => {
    return { passed: sum.passed + passed, failed: sum.failed + failed };
  }, start);
}

function summarizeSuite({ exitCode, report }: Suite): Summary {
  const files = report?.testResults ?? [];
  const count = (status: string) =>
    files.flatMap((file) => file.assertionResults).filter((test) => test.status === status).length;
  const brokenFiles = files.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  const failedInFiles = count('failed') + brokenFiles;
  const unexplained = report === null || (exitCode !== 0 && failedInFiles === 0) ? 1 : 0;
  return { passed: count('passed'), failed: failedInFiles + unexplained };
}

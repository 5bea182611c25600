import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { readReport, summarize } from './ci/summarize.ts';

/** The last line of a CI run: `N passed, N failed`. Fails unless something passed and nothing failed. */
await new Command('ci-summary')
  .argument('<report>', "file that vitest's JSON reporter wrote")
  .requiredOption('--check-exit-code <code>', 'of make check', Number)
  .requiredOption('--test-exit-code <code>', 'of make test', Number)
  .action((file: string, { checkExitCode, testExitCode }: { checkExitCode: number; testExitCode: number }) => {
    const { passed, failed } = summarize({ checkExitCode, testExitCode, report: readReport(read(file)) });
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  })
  .parseAsync();

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

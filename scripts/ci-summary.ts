import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { readReport, type Suite, summarize } from './ci/summarize.ts';

/** The last line of a CI run: `N passed, N failed`. Fails unless something passed and nothing failed. */
await new Command('ci-summary')
  .argument('<suite...>', "exit code of a suite, a colon, and the file that vitest's JSON reporter wrote for it")
  .requiredOption('--check-exit-code <code>', 'of make check', Number)
  .action((suites: string[], { checkExitCode }: { checkExitCode: number }) => {
    const { passed, failed } = summarize({ checkExitCode, suites: suites.map(suite) });
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
  })
  .parseAsync();

function suite(text: string): Suite {
  const { code, file } = /^(?<code>[0-9]+):(?<file>.+)$/.exec(text)?.groups ?? {};
  if (code === undefined || file === undefined) throw new InvalidArgumentError(`${text} is not <exit code>:<file>`);
  return { exitCode: Number(code), report: readReport(read(file)) };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

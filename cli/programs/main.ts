import { Argument, Command } from 'commander';
import { isProgramName, PROGRAMS } from './catalogue.ts';
import { resolveProgram } from './resolve.ts';

/** What the local mode needs. The others are for tests, and take long to build. */
const LOCAL = ['nats-server', 'redis-server'];
const names = Object.keys(PROGRAMS).filter(isProgramName);

/** `node cli/programs/main.ts etcd kube-apiserver`: gets the programs and prints their paths, one a line. */
await new Command('programs')
  .description('Finds the programs that tests and the local mode need, or gets them into the cache folder')
  .addArgument(new Argument('[name...]', 'which programs').choices(names).default(LOCAL, LOCAL.join(' ')))
  .action(async (wanted: string[]) => {
    const interrupted = new AbortController();
    process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
    for (const name of wanted.filter(isProgramName)) {
      const { path } = await resolveProgram(name, {
        env: process.env,
        onProgress: (line) => process.stderr.write(`${line}\n`),
        signal: interrupted.signal,
      });
      process.stdout.write(`${path}\n`);
    }
  })
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });

import { setMaxListeners } from 'node:events';
import { Command } from 'commander';
import { formatLogLine } from '#cli/local/log-line.ts';
import { findOnPath } from '#cli/programs/probe.ts';
import { startDev } from './dev.ts';
import { guide } from './guide.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Ctrl-C once, or the terminal closed: an ordered end. Twice: now. */
const ending = new AbortController();
setMaxListeners(100, ending.signal);
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (ending.signal.aborted) process.exit(130);
    ending.abort();
  });
}

async function dev({ verbose }: { verbose: boolean }): Promise<void> {
  const env = process.env;
  const running = await startDev({
    env,
    signal: ending.signal,
    onProgress: (line) => print(`· ${line}`),
    events: {
      onLine: (pod, container, line) => {
        if (verbose || pod === 'operator') print(formatLogLine(pod, container, line));
      },
      onExit: (pod, _container, how) => print(`· ${pod} ended (${how}), starting again`),
    },
  });
  try {
    print(`\n${guide(running.kubeconfig, (await findOnPath('kubectl', env['PATH'] ?? '')).length > 0)}\n`);
    await running.followSources();
  } finally {
    print('· stopping everything');
    await running.stop();
  }
}

const program = new Command('dev')
  .description(
    'Runs the operator from its sources against a kube-apiserver and a nats-server of its own, until Ctrl-C.',
  )
  .option('-v, --verbose', 'show the log lines of the servers too', false)
  .action(dev);

try {
  await program.parseAsync();
} catch (error) {
  if (!ending.signal.aborted)
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = ending.signal.aborted ? 130 : 1;
}

// See the end of cli/main.ts.
process.exit();

import { once } from 'node:events';
import { CommanderError } from 'commander';
import { pino } from 'pino';
import { buildCommand, type Invocation } from './command.ts';
import { complaints } from './complaints.ts';
import { listenAdvice } from './listen-advice.ts';
import { progressFields, progressLine } from './progress.ts';
import type { RunProgress } from './run.ts';
import { sendOnce } from './send-once.ts';
import { startSimulator } from './simulator.ts';

const EXIT_FLAWED = 1;
const EXIT_USAGE = 2;

// stdout belongs to the report
const logger = pino({ name: 'simulator' }, pino.destination({ fd: 2, sync: true }));
const stop = new AbortController();
// once: a second Ctrl-C meets no handler, and ends the process at once
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
// whoever reads the report may have read enough of it
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

/** A person gets a sentence, a log collector a line like the others. */
function onProgress(progress: RunProgress): void {
  if (process.stderr.isTTY) process.stderr.write(`${progressLine(progress)}\n`);
  else logger.info(progressFields(progress), 'sending');
}

async function carryOut(invocation: Invocation): Promise<void> {
  const options = { ...invocation.options, logger };
  switch (invocation.kind) {
    case 'serve': {
      const simulator = await startSimulator(options);
      if (!stop.signal.aborted) await once(stop.signal, 'abort');
      await simulator.close();
      logger.info('stopped');
      break;
    }
    case 'send-once': {
      const { report, resultsError } = await sendOnce({ ...invocation, options, onProgress, signal: stop.signal });
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      const found = complaints(report);
      for (const complaint of found) logger.error(complaint);
      if (resultsError !== null) process.stderr.write(`error: --results can't be written: ${resultsError.message}\n`);
      if (found.length > 0 || resultsError !== null) process.exitCode = EXIT_FLAWED;
    }
  }
}

try {
  await buildCommand(carryOut).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    const advice = listenAdvice(error);
    if (advice === null) logger.fatal({ err: error }, 'failed');
    else process.stderr.write(`error: ${advice}\n`);
    process.exitCode = EXIT_FLAWED;
  }
}

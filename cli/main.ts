#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { Command } from 'commander';
import { demo } from './demo/demo.ts';
import { dlqCommand } from './dlq/command.ts';
import { keepRoom } from './local/keep-room.ts';
import { formatLogLine } from './local/log-line.ts';
import { up } from './local/up.ts';

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

const program = new Command('kubectl-intercom')
  .description("Receives Intercom's webhooks: run an IntercomWebhook on this machine, or watch a demonstration.")
  .showHelpAfterError();

program
  .command('demo')
  .description('nats-server, all processes and a simulated Intercom; 300 notifications, two kills; what came of them')
  .option('--keep', 'stay up afterwards, and say how to send more', false)
  .option('--redis', 'keep claims in redis-server instead of JetStream', false)
  .option('-v, --verbose', 'show the log lines of all processes', false)
  .action(async (options: { keep: boolean; redis: boolean; verbose: boolean }) => {
    const kept = await demo({ ...options, env: process.env, print, signal: ending.signal });
    process.exitCode = kept ? 0 : 1;
  });

program
  .command('local')
  .description('run the IntercomWebhooks of a file as processes on this machine, until Ctrl-C')
  .requiredOption('-f, --filename <file>', 'manifests: IntercomWebhooks and the Secrets they refer to')
  .option('--redis', 'keep claims in redis-server instead of JetStream', false)
  .action(async ({ filename, redis }: { filename: string; redis: boolean }) => {
    const local = await up({
      file: filename,
      redis,
      env: process.env,
      onProgress: (line) => print(`· ${line}`),
      signal: ending.signal,
      events: {
        onLine: (pod, container, line) => print(formatLogLine(pod, container, line)),
        onExit: (pod, container, how) => print(`· ${pod}/${container} ended (${how}), starting again`),
      },
    });
    for (const { webhook, url } of local.webhooks) print(`· ${webhook.metadata.name} receives at ${url}`);
    void keepRoom(local, (line) => print(`· ${line}`), ending.signal);
    const { promise, resolve } = Promise.withResolvers<void>();
    ending.signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    print('· stopping everything');
    await local.stop();
  });

program.addCommand(dlqCommand({ env: process.env, terminal: process, nowMs: Date.now, signal: ending.signal }));

try {
  await program.parseAsync();
} catch (error) {
  if (!ending.signal.aborted)
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = ending.signal.aborted ? 130 : 1;
}

// All has been stopped. Left to end by itself, Node.js 26 waits for ever, at full speed, where the last request of a
// socket was cut off in the middle (Environment::CleanupHandles).
process.exit();

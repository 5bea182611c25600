import { access } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { startCluster } from './cluster.ts';
import { processesOf, removeCluster } from './machine.ts';
import { MAX_BLOCK, type Place, placeOf } from './place.ts';
import { checkMachine } from './requirements.ts';

/** A person's cluster and that of the end-to-end tests do not meet. */
const NAME = 'dev';
const BLOCK = 1;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const block = (text: string): number => {
  if (!/^\d$/.test(text) || Number(text) > MAX_BLOCK) throw new InvalidArgumentError(`a number from 0 to ${MAX_BLOCK}`);
  return Number(text);
};

const withPlace = (command: Command): Command =>
  command
    .option('--name <name>', 'of the cluster', NAME)
    .option(
      '--block <number>',
      'of addresses; clusters that are up at the same time need different ones',
      block,
      BLOCK,
    );

interface Chosen {
  name: string;
  block: number;
}

const program = new Command('cluster').description('A Kubernetes cluster of one node on this machine, without Docker');

withPlace(program.command('up'))
  .description('starts it, and prints the KUBECONFIG to use')
  .option('--image <tar...>', 'tar files of images to load')
  .action(async ({ image, ...chosen }: Chosen & { image?: string[] }) => {
    const interrupted = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => interrupted.abort(new Error('interrupted')));
    }
    const { signal } = interrupted;
    const cluster = await startCluster({ ...chosen, images: image ?? [], onProgress: say, signal });
    cluster.detach();
    say(
      `up in ${(cluster.startedMs / 1000).toFixed(1)} s; NodePorts are on ${cluster.nodeAddress}, logs in ${cluster.logs}`,
    );
    process.stdout.write(`export KUBECONFIG=${cluster.kubeconfig}\n`);
  });

withPlace(program.command('down'))
  .description('ends it and removes everything of it')
  .action(async (chosen: Chosen) => {
    await checkMachine(process.env['PATH'] ?? '');
    const place = placeOf(chosen.name, chosen.block);
    const wasThere = await isThere(place);
    await removeCluster(place);
    say(wasThere ? `the cluster ${place.name} is down` : `there was no cluster ${place.name}`);
  });

withPlace(program.command('status'))
  .description('says whether it is up; ends with 1 where it is not')
  .action(async (chosen: Chosen) => {
    const place = placeOf(chosen.name, chosen.block);
    const isUp = processesOf(place.name).length > 0;
    const state = isUp
      ? `up, KUBECONFIG=${place.kubeconfig}`
      : (await isThere(place))
        ? 'broken: down removes it'
        : 'down';
    say(`the cluster ${place.name} is ${state}`);
    process.exitCode = isUp ? 0 : 1;
  });

const isThere = ({ folder }: Place): Promise<boolean> =>
  access(folder).then(
    () => true,
    () => false,
  );

await program.parseAsync().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});

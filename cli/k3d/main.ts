import { Command } from 'commander';
import { CLUSTER } from './steps.ts';
import { up } from './up.ts';

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => interrupted.abort(new Error('interrupted')));
}

await new Command('k3d')
  .description('Installs the chart of this folder in a k3d cluster, with an image made of this folder')
  .option('--name <name>', 'of the cluster; made where it is not there', CLUSTER)
  .option('--folder <folder>', 'for the image and the kubeconfig', '.local/k3d')
  .action((options: { name: string; folder: string }) => up(options, { env: process.env, signal: interrupted.signal }))
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });

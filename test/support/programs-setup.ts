import { PROGRAMS } from '#cli/programs/catalogue.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';

const OLDEST_NODE = 24;
const NAMES = ['nats-server', 'redis-server'] as const;

/** Finds the programs once, before any test, and names them in the environment that the workers inherit. */
export async function setup(): Promise<void> {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < OLDEST_NODE) throw new Error(`Node ${OLDEST_NODE} or newer is needed, this is ${process.version}`);
  for (const name of NAMES) {
    const { path } = await resolveProgram(name, {
      env: process.env,
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    process.env[PROGRAMS[name].envVar] = path;
  }
}

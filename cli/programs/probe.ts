import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { type Env, execute } from './execute.ts';
import type { Program } from './program.ts';
import { formatVersion, isAtLeast, parseVersion } from './version.ts';

const VERSION_TIMEOUT_MS = 10_000;

export type Probed = { kind: 'usable'; version: string } | { kind: 'unusable'; reason: string };

export interface ProbeOptions {
  env: Env;
  signal?: AbortSignal | undefined;
}

/** Starts the program at `path` to learn its version. Rejects only when `signal` aborts. */
export async function probe(program: Program, path: string, { env, signal }: ProbeOptions): Promise<Probed> {
  try {
    const { args, marker } = program.version;
    const how = { env: { ...env, ...program.version.env }, signal, timeoutMs: VERSION_TIMEOUT_MS };
    const version = parseVersion(await execute(path, args, how), marker);
    if (version === null) return { kind: 'unusable', reason: `${path} does not tell the version of ${program.name}` };
    if (isAtLeast(version, program.minimum)) return { kind: 'usable', version: formatVersion(version) };
    const [has, needs] = [formatVersion(version), formatVersion(program.minimum)];
    return { kind: 'unusable', reason: `${path} is ${program.name} ${has}, older than ${needs}` };
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: 'unusable', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Every executable of this name in the absolute folders of a PATH, in its order. */
export async function findOnPath(name: string, path: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const candidate = join(folder, name);
    const executable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) found.push(candidate);
  }
  return found;
}

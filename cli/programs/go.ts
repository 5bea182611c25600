import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from './cache.ts';
import { type Env, execute } from './execute.ts';
import type { GoVariables, Way } from './program.ts';

/** The largest take ten minutes on two idle cores, some times that on busy ones. */
const BUILD_TIMEOUT_MS = 60 * 60_000;

/** Go's module and build caches in our cache folder, so nothing else on the machine changes. Makes the folder. */
export async function goEnvironment(env: Env): Promise<Env> {
  const caches = join(cacheFolder(env), 'go');
  await mkdir(caches, { recursive: true });
  return {
    ...env,
    GOMODCACHE: join(caches, 'modules'),
    GOCACHE: join(caches, 'build'),
    // Without it the module cache is read-only and `rm -r` of the cache folder fails.
    GOFLAGS: `${env['GOFLAGS'] ?? ''} -modcacherw`.trim(),
    CGO_ENABLED: '0',
  };
}

/**
 * Builds a program of the module proxy into `into`, without symbols. An interrupted build goes on where it was.
 * @throws Error when there is no Go, or the build fails
 */
export async function buildWithGo(
  way: Extract<Way, { kind: 'go' }>,
  into: string,
  { env, signal }: { env: Env; signal?: AbortSignal | undefined },
): Promise<void> {
  const tags = way.tags === undefined ? [] : ['-tags', way.tags.join(',')];
  await execute('go', ['install', '-ldflags', linkerFlags(way.variables), ...tags, `${way.module}@v${way.version}`], {
    env: { ...(await goEnvironment(env)), GOBIN: into },
    cwd: into,
    timeoutMs: BUILD_TIMEOUT_MS,
    signal,
  });
}

/**
 * Builds a package that a module of ours pins, without symbols. What an interrupted build has compiled stays in Go's cache.
 * @throws Error when there is no Go, or the build fails
 */
export async function buildFromModule(
  way: Extract<Way, { kind: 'go-module' }>,
  file: string,
  { env, signal }: { env: Env; signal?: AbortSignal | undefined },
): Promise<void> {
  await execute('go', ['build', '-ldflags', linkerFlags(way.variables), '-o', file, way.package], {
    env: await goEnvironment(env),
    cwd: fileURLToPath(new URL(way.folder, import.meta.url)),
    timeoutMs: BUILD_TIMEOUT_MS,
    signal,
  });
}

/** Without symbols. */
const linkerFlags = (variables: GoVariables = {}): string =>
  ['-s', '-w', ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(' ');

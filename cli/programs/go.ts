import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import type { Way } from './catalogue.ts';
import { type Env, execute } from './execute.ts';

const BUILD_TIMEOUT_MS = 15 * 60_000;

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
 * Builds a program of the module proxy into `into`. An interrupted build goes on where it was.
 * @throws Error when there is no Go, or the build fails
 */
export async function buildWithGo(
  way: Extract<Way, { kind: 'go' }>,
  into: string,
  { env, signal }: { env: Env; signal?: AbortSignal | undefined },
): Promise<void> {
  await execute('go', ['install', `${way.module}@v${way.version}`], {
    env: { ...(await goEnvironment(env)), GOBIN: into },
    cwd: into,
    timeoutMs: BUILD_TIMEOUT_MS,
    signal,
  });
}

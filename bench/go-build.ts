import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '#cli/programs/cache.ts';
import { type Env, execute } from '#cli/programs/execute.ts';
import { goEnvironment } from '#cli/programs/go.ts';
import { findOnPath } from '#cli/programs/probe.ts';
import { type OnProgress, withProgress } from '#cli/programs/progress.ts';

const BUILD_TIMEOUT_MS = 5 * 60_000;

const SOURCES = {
  load: fileURLToPath(new URL('./load/', import.meta.url)),
  handler: fileURLToPath(new URL('./handler/', import.meta.url)),
  'go-peer': fileURLToPath(new URL('./peers/go/', import.meta.url)),
  'go-worker': fileURLToPath(new URL('./peers/go/worker/', import.meta.url)),
} as const;

export interface BuildOptions {
  readonly env: Env;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

/**
 * Builds a Go program of this folder into our cache folder, where Go's own caches are as well; a second build takes a
 * second. go.sum says which modules it accepts.
 * @returns its path
 * @throws Error that says what to install, or why the build failed
 */
export async function goProgram(name: keyof typeof SOURCES, options: BuildOptions): Promise<string> {
  const { env, signal, onProgress } = options;
  const [go] = await findOnPath('go', env['PATH'] ?? '');
  if (go === undefined) {
    throw new Error('Go 1.26 or newer is needed on PATH for this bench (brew install go, or https://go.dev/dl)');
  }
  const path = join(cacheFolder(env), 'programs', `bench-${name}`);
  const goEnv = await goEnvironment(env);
  await withProgress(`building ${name}`, onProgress, () =>
    execute(go, ['build', '-trimpath', '-buildvcs=false', '-o', path, '.'], {
      env: goEnv,
      cwd: SOURCES[name],
      timeoutMs: BUILD_TIMEOUT_MS,
      signal,
    }),
  );
  return path;
}

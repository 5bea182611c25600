import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import { ENTRY_POINTS } from '#shared/contract.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SOURCES: Readonly<Record<keyof typeof ENTRY_POINTS, string>> = {
  operator: 'operator/main.ts',
  ingress: 'services/ingress/main.ts',
  worker: 'services/worker/main.ts',
  echo: 'services/handlers/echo/main.ts',
  noop: 'services/handlers/noop/main.ts',
};

/** CommonJS packages inside an ES module still ask for Node's own modules by `require`. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** They share one compiler process: nobody may end it under the others. */
let underWay = 0;

/**
 * Writes what our image holds into a folder: each entry point with all it needs in it, names kept for stack traces.
 * Node then neither strips types nor looks for modules at each start (docs/adr/0004). Takes less than a second.
 */
export async function bundle(outDir: string): Promise<void> {
  underWay += 1;
  try {
    await buildInto(outDir);
  } finally {
    underWay -= 1;
    // The process that it compiles in would stay as long as we do.
    if (underWay === 0) await stop();
  }
}

async function buildInto(outDir: string): Promise<void> {
  const names = Object.keys(SOURCES) as (keyof typeof ENTRY_POINTS)[];
  await build({
    entryPoints: names.map((name) => ({
      in: join(ROOT, SOURCES[name]),
      out: ENTRY_POINTS[name].replace(/\.mjs$/, ''),
    })),
    outdir: outDir,
    bundle: true,
    splitting: true,
    minifySyntax: true,
    minifyWhitespace: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    outExtension: { '.js': '.mjs' },
    banner: { js: REQUIRE },
    logLevel: 'error',
  });
}

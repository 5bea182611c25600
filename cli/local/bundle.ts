import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Metafile, stop } from 'esbuild';
import { ENTRY_POINTS } from '#shared/contract.ts';
import { httpByRequire } from './http-by-require.ts';
import { leanFastify } from './lean-fastify.ts';
import { leanUndici } from './lean-undici.ts';
import { onlyOurLines } from './source-maps.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const SOURCES: Readonly<Record<keyof typeof ENTRY_POINTS, string>> = {
  operator: 'operator/main.ts',
  keys: 'operator/keys/main.ts',
  ingress: 'services/ingress/main.ts',
  worker: 'services/worker/main.ts',
  echo: 'services/handlers/echo/main.ts',
  noop: 'services/handlers/noop/main.ts',
  simulator: 'services/simulator/main.ts',
};

/** Part of every bundle, before everything else. */
const TRUE_LINES = join(ROOT, 'services/shared/install-true-lines.ts');

/** CommonJS packages inside an ES module still ask for Node's own modules by `require`. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** How a program of ours becomes one of the image. What Node loads is part of what a process weighs and how soon it starts. */
export const AS_SHIPPED = {
  bundle: true,
  minifySyntax: true,
  minifyWhitespace: true,
  // Node shows the line of code above an error that nobody caught.
  lineLimit: 200,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  outExtension: { '.js': '.mjs' },
  inject: [TRUE_LINES],
  banner: { js: REQUIRE },
  logLevel: 'error',
} satisfies BuildOptions;

/** They share one compiler process: nobody may end it under the others. */
let underWay = 0;

/**
 * Writes what our image holds into a folder: each entry point with all it needs in it, names kept for stack traces, and the
 * maps by which those name our lines. Node then neither strips types nor looks for modules at each start (docs/adr/0004).
 * The same sources give the same bytes, whatever the folder. Takes a second or two.
 * @returns what went into each file, by paths relative to the repository
 */
export async function bundle(outDir: string): Promise<Metafile> {
  underWay += 1;
  try {
    return await buildInto(outDir);
  } finally {
    underWay -= 1;
    // The process that it compiles in would stay as long as we do.
    if (underWay === 0) await stop();
  }
}

type Name = keyof typeof ENTRY_POINTS;

async function buildInto(outDir: string): Promise<Metafile> {
  const names = Object.keys(SOURCES) as Name[];
  // A file that is shared holds what any of those who share it needs: the simulator would have all load 450 KB more.
  const groups = [names.filter((name) => name !== 'simulator'), ['simulator'] as const];
  const metafiles = await Promise.all(groups.map((group) => buildTogether(group, outDir)));
  return {
    inputs: Object.assign({}, ...metafiles.map(({ inputs }) => inputs)) as Metafile['inputs'],
    outputs: Object.assign({}, ...metafiles.map(({ outputs }) => outputs)) as Metafile['outputs'],
  };
}

async function buildTogether(names: readonly Name[], outDir: string): Promise<Metafile> {
  const { metafile, outputFiles } = await build({
    entryPoints: names.map((name) => ({
      in: join(ROOT, SOURCES[name]),
      out: ENTRY_POINTS[name].replace(/\.mjs$/, ''),
    })),
    absWorkingDir: ROOT,
    // Maps name sources relative to this; the files go elsewhere.
    outdir: ROOT,
    write: false,
    metafile: true,
    ...AS_SHIPPED,
    splitting: true,
    sourcemap: 'external',
    sourcesContent: false,
    plugins: [onlyOurLines, httpByRequire, leanFastify, ...(names.includes('simulator') ? [] : [leanUndici])],
  });
  await mkdir(outDir, { recursive: true });
  await Promise.all(outputFiles.map(({ path, contents }) => writeFile(join(outDir, basename(path)), contents)));
  return metafile;
}

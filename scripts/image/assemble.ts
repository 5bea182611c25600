import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import { bundle } from '#cli/local/bundle.ts';
import { APP, ARCHITECTURES, type Architecture, DOC, ETC, NODE, NOTICE, type Release, SBOM } from './image-facts.ts';
import { librariesOf, packagesOf } from './libraries.ts';
import { bundledPackages, noticeText, usedInputs } from './packages.ts';
import { billOfMaterials } from './sbom.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PackageJson = z.object({ name: z.string(), version: z.string(), description: z.string(), license: z.string() });

/** @throws Error where package.json lacks one of them */
export const readRelease = async (): Promise<Release> =>
  PackageJson.parse(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')));

export interface AssembleOptions {
  /** Folder of the root file system: empty, or not there. */
  readonly out: string;
  readonly architecture: Architecture;
  readonly onProgress: (line: string) => void;
}

/**
 * Makes the root file system of our image: our bundles, Node, the libraries that it is linked with, and who made all that.
 * No shell, no package manager, nothing that anybody but root may write. The same input gives the same bytes.
 * @throws Error that says what is missing on this machine, and what to do
 */
export async function assemble({ out, architecture, onProgress }: AssembleOptions): Promise<void> {
  assertBuiltHere(architecture);
  await assertEmpty(out);
  const at = (path: string) => join(out, path);
  const nodePackage = join(ROOT, 'node_modules', ARCHITECTURES[architecture].package);
  const installed = join(nodePackage, 'bin/node');

  onProgress('bundling our processes');
  const metafile = await bundle(at(APP));
  const bundled = await bundledPackages(ROOT, usedInputs(metafile));

  onProgress('copying Node without its debugging symbols');
  await mkdir(dirname(at(NODE)), { recursive: true });
  await strip(installed, at(NODE));
  const libraries = await librariesOf(installed);
  for (const path of libraries) await copy(path, at(path));

  onProgress('writing down what is in it');
  const system = await packagesOf(libraries);
  const { stdout: versions } = await run(installed, ['-p', 'JSON.stringify(process.versions)']);
  const contents = {
    release: await readRelease(),
    architecture,
    bundled,
    system,
    nodeVersions: z.record(z.string(), z.string()).parse(JSON.parse(versions)),
    debian: await copyRelease(at),
  };
  await write(at(SBOM), `${JSON.stringify(billOfMaterials(contents), null, 1)}\n`);
  await write(at(NOTICE), noticeText(bundled));
  await copy(join(ROOT, 'LICENSE'), at(`${APP}/LICENSE`));
  await copy(join(nodePackage, 'LICENSE'), at(`${DOC}/node/copyright`));
  for (const { name } of system) await copy(`${DOC}/${name}/copyright`, at(`${DOC}/${name}/copyright`));
  for (const [path, text] of Object.entries(ETC)) await write(at(path), text);
  await setModes(out);
}

/** Libraries can only be asked of the machine that has them. */
function assertBuiltHere(architecture: Architecture): void {
  const { node } = ARCHITECTURES[architecture];
  if (process.platform === 'linux' && process.arch === node) return;
  const platform = `--platform linux/${architecture}`;
  throw new Error(
    `the image for ${architecture} is assembled on Linux on ${architecture}, and this is ${process.platform} on ${process.arch}: ` +
      `run it there, or docker buildx build ${platform} .`,
  );
}

async function assertEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.length > 0) throw new Error(`${folder} is not empty: give another folder, or remove it`);
}

/** Keeps the symbols that native add-ons and native stack traces need. A quarter of the file are others. */
async function strip(from: string, to: string): Promise<void> {
  try {
    await run('strip', ['--strip-unneeded', '-o', to, from]);
  } catch (error) {
    throw new Error(`strip ${from} failed: install binutils`, { cause: error });
  }
}

/** By which scanners know of what distribution the libraries are. @returns its version */
async function copyRelease(at: (path: string) => string): Promise<string> {
  await copy('/etc/os-release', at('/etc/os-release'));
  const version = /^VERSION_ID="?(?<version>[\d.]+)/m.exec(await readFile('/etc/os-release', 'utf8'))?.groups?.[
    'version'
  ];
  if (version === undefined) throw new Error('/etc/os-release has no VERSION_ID: this is no release of Debian');
  return version;
}

/** Links are followed: a library is there under the name that it is loaded by. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to);
}

async function write(to: string, text: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await writeFile(to, text);
}

/** Whatever the builder's umask is: everybody may read, nobody but root may write. */
async function setModes(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isProgram = entry.isDirectory() || ((await stat(path)).mode & 0o111) !== 0;
    await chmod(path, isProgram ? 0o755 : 0o644);
  }
}

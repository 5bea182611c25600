import { copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { gzippedBytes, writeArchive } from './archive.ts';
import { assemble, readRelease } from './assemble.ts';
import { ARCHITECTURES, type Architecture, defaultTag, imageConfig, SBOM } from './image-facts.ts';

interface Options {
  readonly out: string;
  readonly tar?: string;
  readonly tag: string;
  readonly arch: Architecture;
}

const note = (line: string): void => void process.stderr.write(`· ${line}\n`);
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const release = await readRelease();
await new Command('image')
  .description('makes the root file system of the image, and an archive of it')
  .requiredOption('--out <folder>', 'where the root file system goes: an empty folder, or none')
  .option('--tar <file>', 'an archive too, for ctr images import or docker load; beside it the bill of materials')
  .option('--tag <name>', 'what the archive calls the image', defaultTag(release))
  .addOption(
    new Option('--arch <name>', 'processor, that of this machine')
      .choices(Object.keys(ARCHITECTURES))
      .default(process.arch === 'arm64' ? 'arm64' : 'amd64'),
  )
  .action(make)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`error: ${sentence(error)}\n`);
    process.exitCode = 1;
  });

/** What happened, and what it came of. */
function sentence(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n  ${sentence(error.cause)}`;
}

async function make({ out, tar, tag, arch }: Options): Promise<void> {
  const startedMs = performance.now();
  await assemble({ out, architecture: arch, onProgress: note });
  note(`${out}: ${megabytes(await bytesIn(out))}`);
  if (tar !== undefined) await archive(out, { tar, tag, arch });
  note(`done after ${((performance.now() - startedMs) / 1000).toFixed(1)} s`);
}

async function archive(
  out: string,
  { tar, tag, arch }: { tar: string; tag: string; arch: Architecture },
): Promise<void> {
  note(`writing ${tar}`);
  await mkdir(dirname(resolve(tar)), { recursive: true });
  await writeArchive(out, { file: tar, tag, configOf: (diffIds) => imageConfig(release, arch, diffIds) });
  const sbom = `${tar.replace(/\.tar$/, '')}.cdx.json`;
  await copyFile(join(out, SBOM), sbom);
  const { size } = await stat(tar);
  note(`${tag}: ${megabytes(size)}, ${megabytes(await gzippedBytes(tar))} by gzip; bill of materials in ${sbom}`);
  note(`a node without a registry: ctr --namespace k8s.io images import ${tar}`);
}

async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

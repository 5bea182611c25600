import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { APP } from './image-facts.ts';

const run = promisify(execFile);

/** Nothing of the machine, of the moment, or of the order in which a disk lists its files. */
const STABLE = ['--format=ustar', '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];

/** One above the other: the first changes with Node and Debian, the second with every release of ours. */
const LAYERS = { 'system.tar': ['.', `--exclude=.${APP}`], 'app.tar': [`.${APP}`] } as const;

/**
 * Writes a root file system as an archive that `ctr images import`, `docker load` and `skopeo` read.
 * @param configOf the image's configuration, told the digests of its layers
 */
export async function writeArchive(
  rootfs: string,
  { file, tag, configOf }: { file: string; tag: string; configOf: (diffIds: readonly string[]) => object },
): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'image-layers-'));
  try {
    const names = Object.keys(LAYERS) as (keyof typeof LAYERS)[];
    for (const name of names) await tar(['-C', rootfs, '-cf', join(work, name), ...order(LAYERS[name])]);
    const digests = await Promise.all(names.map((name) => sha256(join(work, name))));
    await writeFile(join(work, 'config.json'), JSON.stringify(configOf(digests.map((digest) => `sha256:${digest}`))));
    await writeFile(
      join(work, 'manifest.json'),
      JSON.stringify([{ Config: 'config.json', RepoTags: [tag], Layers: names }]),
    );
    await tar(['-C', work, '-cf', resolve(file), 'manifest.json', 'config.json', ...names]);
  } finally {
    await rm(work, { recursive: true });
  }
}

/** Options that say what is left out only concern what is named after them. */
const order = ([path, ...options]: readonly string[]): string[] => [...options, path ?? '.'];

const tar = (args: readonly string[]) =>
  run('tar', [...STABLE, ...args], { env: { PATH: process.env['PATH'], LC_ALL: 'C' } });

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** What a node pulls of it: registries store layers by gzip. Takes some seconds. */
export async function gzippedBytes(file: string): Promise<number> {
  let bytes = 0;
  await pipeline(createReadStream(file), createGzip(), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) bytes += chunk.length;
  });
  return bytes;
}

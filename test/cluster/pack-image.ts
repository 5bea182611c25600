import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { execute } from '#cli/programs/execute.ts';

const TAR_TIMEOUT_MS = 60_000;
/** The same bytes from the same files, whenever and by whomever they were written. */
const STABLE = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '--format=gnu'];

/** The part of an image's configuration that runtimes read, in Docker's names. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
}

export interface Image {
  /** With host and tag: `localhost/busybox:1`. */
  readonly name: string;
  readonly config: ImageConfig;
}

/** Packs a folder as the one layer of an image, into a tar file that `ctr images import` and `docker load` read. */
export async function packFolder(root: string, { name, config }: Image, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const scratch = await mkdtemp(`${file}.new-`);
  const tar = (from: string, to: string, ...what: string[]) =>
    execute('tar', ['-C', from, ...STABLE, '-cf', to, ...what], { env: process.env, timeoutMs: TAR_TIMEOUT_MS });
  try {
    const layer = join(scratch, 'layer.tar');
    await tar(root, layer, '.');
    await writeJson(join(scratch, 'config.json'), {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config,
      rootfs: { type: 'layers', diff_ids: [`sha256:${await digestOf(layer)}`] },
    });
    await writeJson(join(scratch, 'manifest.json'), [
      { Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] },
    ]);
    await tar(scratch, join(scratch, 'image.tar'), 'manifest.json', 'config.json', 'layer.tar');
    await rename(join(scratch, 'image.tar'), file);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

export interface StaticImage extends Image {
  /** Needs nothing but itself. It becomes `/<fileName>`. */
  readonly program: string;
  readonly fileName: string;
  /** Other names of the program, as paths of the image. */
  readonly links?: readonly string[];
}

/**
 * Packs a static program as an image, unless that has been done: the file's name in `folder` tells program and image apart
 * from any others.
 * @returns the file
 */
export async function packProgram(folder: string, image: StaticImage): Promise<string> {
  const { program, ...rest } = image;
  const { size, mtimeMs } = await stat(program);
  const key = createHash('sha256')
    .update(JSON.stringify([program, size, mtimeMs, rest]))
    .digest('hex')
    .slice(0, 16);
  const label = image.name.replaceAll(/[^A-Za-z0-9.]+/g, '-');
  const file = join(folder, `${label}-${key}.tar`);
  if (
    await stat(file).then(
      () => true,
      () => false,
    )
  )
    return file;
  await mkdir(folder, { recursive: true });
  const root = await mkdtemp(join(folder, 'root-'));
  try {
    // A link is followed.
    await mkdir(dirname(join(root, image.fileName)), { recursive: true });
    await copyFile(program, join(root, image.fileName));
    await mkdir(join(root, 'tmp'), { mode: 0o1777 });
    await mkdir(join(root, 'etc'));
    await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\napp:x:1000:1000::/tmp:/bin/sh\n');
    await writeFile(join(root, 'etc/group'), 'root:x:0:\napp:x:1000:\n');
    for (const link of image.links ?? []) {
      await mkdir(dirname(join(root, link)), { recursive: true });
      await symlink(`/${image.fileName}`, join(root, link));
    }
    await packFolder(root, image, file);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
  return file;
}

const writeJson = (file: string, value: object): Promise<void> => writeFile(file, JSON.stringify(value));

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

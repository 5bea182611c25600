import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { packFolder, packProgram } from '#test/cluster/pack-image.ts';

async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pack-image-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const read = (file: string, member: string): string =>
  execFileSync('tar', ['-xOf', file, member], { encoding: 'utf8', maxBuffer: 1 << 20 });

it('packs the same files to the same bytes, whenever they were written', async () => {
  const [folder, root] = [await scratch(), await scratch()];
  const image = { name: 'localhost/thing:1', config: { Entrypoint: ['/b'] } };
  await writeFile(join(root, 'b'), 'b');
  await writeFile(join(root, 'a'), 'a');
  await packFolder(root, image, join(folder, 'one.tar'));
  await utimes(join(root, 'a'), 1, 1);
  await packFolder(root, image, join(folder, 'two.tar'));
  expect(await readFile(join(folder, 'two.tar'))).toEqual(await readFile(join(folder, 'one.tar')));
  expect((await readdir(folder)).sort()).toEqual(['one.tar', 'two.tar']);
});

it('packs a program with its other names, once, and anew when it is another', async () => {
  const folder = await scratch();
  const program = join(await scratch(), 'tool');
  await writeFile(program, 'first');
  const image = {
    name: 'localhost/tool:1',
    config: { Cmd: ['/bin/tool'] },
    program,
    fileName: 'bin/tool',
    links: ['bin/sh'],
  };
  const file = await packProgram(folder, image);
  expect(await packProgram(folder, image)).toBe(file);
  expect(await readdir(folder)).toHaveLength(1);

  const [manifest] = JSON.parse(read(file, 'manifest.json'));
  expect(manifest).toEqual({ Config: 'config.json', RepoTags: [image.name], Layers: ['layer.tar'] });
  expect(JSON.parse(read(file, 'config.json'))).toMatchObject({ os: 'linux', config: image.config });
  const layer = join(folder, 'layer.tar');
  await writeFile(layer, execFileSync('tar', ['-xOf', file, 'layer.tar']));
  const listing = execFileSync('tar', ['-tvf', layer], { encoding: 'utf8' });
  expect(listing).toMatch(/ \.\/bin\/sh -> \/bin\/tool$/m);
  expect(read(layer, './bin/tool')).toBe('first');

  await writeFile(program, 'second!');
  expect(await packProgram(folder, image)).not.toBe(file);
});

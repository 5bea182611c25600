import { chmod, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startOnK3d } from '#test/e2e/cluster/k3d-cluster.ts';
import { temporaryFolder } from '#test/support/child.ts';

/** Programs that note what they are asked, and answer as k3d and Docker do of a cluster with this gateway. */
async function standIns(gateway: string) {
  const folder = temporaryFolder('stand-ins');
  const log = join(folder, 'log');
  const inspected = [
    { NetworkSettings: { Networks: { 'k3d-intercom-e2e': { IPAddress: '172.18.0.2', Gateway: gateway } } } },
  ];
  const answers = `case "$*" in
    'version') echo 'k3d version v5.9.0' ;;
    'cluster list'*) echo '[{"name":"intercom-e2e"}]' ;;
    'kubeconfig get'*) echo 'kind: Config' ;;
    'container inspect'*) echo '${JSON.stringify(inspected)}' ;;
  esac`;
  for (const name of ['k3d', 'docker']) {
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\necho "${name} $*" >>'${log}'\n${answers}\n`);
    await chmod(file, 0o755);
  }
  return {
    folder,
    env: { ...process.env, K3D: join(folder, 'k3d'), PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` },
    /** The first words of each, which say what is done. */
    asked: async () =>
      (await readFile(log, 'utf8'))
        .trim()
        .split('\n')
        .filter((line) => line !== 'k3d version')
        .map((line) => line.split(' ').slice(0, 3).join(' ')),
  };
}

describe('a k3d cluster for the tests', () => {
  it('takes the place of one that is left, gets both images, and goes with its kubeconfig', async () => {
    const { folder, env, asked } = await standIns('127.0.0.1');
    const { stop, ...reach } = await startOnK3d(folder, env, () => {});
    expect(reach).toEqual({
      kubeconfig: join(folder, 'intercom-e2e.kubeconfig'),
      nodeAddress: '172.18.0.2',
      machineAddress: '127.0.0.1',
      ctr: ['docker', 'exec', 'k3d-intercom-e2e-server-0', 'ctr'],
      hasRoutesToServices: false,
      heldBack: 'ECONNREFUSED',
    });
    expect(await readFile(reach.kubeconfig, 'utf8')).toBe('kind: Config\n');
    await stop();
    await expect(readFile(reach.kubeconfig)).rejects.toThrow('ENOENT');
    expect(await asked()).toEqual([
      'k3d cluster list',
      'k3d cluster delete',
      'k3d cluster create',
      'k3d kubeconfig get',
      'docker container inspect',
      'k3d image import',
      'docker exec k3d-intercom-e2e-server-0',
      'k3d cluster delete',
    ]);
  });

  it('is deleted again where it turns out that Docker is on another machine', async () => {
    const { folder, env, asked } = await standIns('203.0.113.1');
    await expect(startOnK3d(folder, env, () => {})).rejects.toThrow('203.0.113.1, which is not this machine');
    expect((await asked()).at(-1)).toBe('k3d cluster delete');
  });
});

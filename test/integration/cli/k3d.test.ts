import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '#test/support/child.ts';

/** Runs it as `make k3d` does, with what is on `path` before all else. */
function k3d(path: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const args = ['cli/k3d/main.ts', '--folder', join(temporaryFolder('k3d'), 'state')];
  return new Promise((done) => {
    execFile(process.execPath, args, { env: { ...process.env, PATH: path } }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('make k3d without Docker', () => {
  it('ends with 1 and one message where there is no docker', async () => {
    const { code, stdout, stderr } = await k3d(temporaryFolder('empty-path'));
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      [
        'error: k3d runs its nodes in Docker, and Docker does not answer here: docker info: spawn docker ENOENT',
        'Start Docker, or install it (https://docs.docker.com/get-started/get-docker), then run this again.',
        'Without Docker, on Linux and as root: make cluster-up\n',
      ].join('\n'),
    );
  });

  it('repeats what docker complains of where its daemon is away, before anything is made', async () => {
    const folder = join(temporaryFolder('docker'), 'bin');
    await mkdir(folder);
    const docker = join(folder, 'docker');
    await writeFile(docker, '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n');
    await chmod(docker, 0o755);
    const { code, stderr } = await k3d(`${folder}${delimiter}${process.env['PATH'] ?? ''}`);
    expect(code).toBe(1);
    expect(stderr).toContain('Docker does not answer here: docker info: Cannot connect to the Docker daemon\n');
    expect(stderr).not.toContain('· ');
  });
});

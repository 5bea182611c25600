import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as z from 'zod';
import { freePort } from '#cli/local/free-port.ts';
import { OperatorEnv } from '#operator/config.ts';
import { KeysEnv } from '#operator/keys/config.ts';
import { ENTRY_POINTS, HandlerEnv, IngressEnv, WorkerEnv } from '#shared/contract.ts';
import { startChild, temporaryFolder } from '#test/support/child.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { writeArchive } from '../../../scripts/image/archive.ts';
import { assemble, readRelease } from '../../../scripts/image/assemble.ts';
import { APP, defaultTag, ENVIRONMENT, imageConfig, NODE, NOTICE, SBOM } from '../../../scripts/image/image-facts.ts';
import { type EntryPoint, inside, runInside, UNSHARE } from './rootfs.ts';

trackLeaks();

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

let folder = '';
let rootfs = '';

/** Twice as a whole: what a machine does differently from one time to the next shows in the second. */
const archive = async (name: string): Promise<{ rootfs: string; file: string }> => {
  const out = join(folder, name);
  await assemble({ out, architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', onProgress: () => undefined });
  const file = join(folder, `${name}.tar`);
  const release = await readRelease();
  await writeArchive(out, {
    file,
    tag: defaultTag(release),
    configOf: (diffIds) => imageConfig(release, 'amd64', diffIds),
  });
  return { rootfs: out, file };
};
let first: { rootfs: string; file: string };

beforeAll(async () => {
  folder = temporaryFolder('image');
  first = await archive('first');
  ({ rootfs } = first);
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
const paths = (under = ''): string[] =>
  readdirSync(join(rootfs, under), { recursive: true, encoding: 'utf8' }).map((name) => join('/', under, name));
const missingIn = (schema: z.ZodObject): string[] =>
  (schema.safeParse({}).error?.issues ?? []).map(({ path }) => path.join('.'));

const ENVIRONMENTS: Readonly<Record<Exclude<EntryPoint, 'simulator'>, z.ZodObject>> = {
  operator: OperatorEnv,
  keys: KeysEnv,
  ingress: IngressEnv,
  worker: WorkerEnv,
  echo: HandlerEnv,
  noop: HandlerEnv,
};

describe('processes in the assembled root file system', () => {
  it.each(Object.entries(ENVIRONMENTS))(
    '%s names what its environment lacks, and our file and line',
    (name, schema) => {
      const { code, output } = runInside(rootfs, ENTRY_POINTS[name as EntryPoint]);
      expect({ code, output }).toMatchObject({ code: 1 });
      const missing = missingIn(schema);
      expect(missing.length).toBeGreaterThan(1);
      for (const variable of missing) expect(output).toContain(`${variable}: `);

      const [, file = '', line = ''] = /at readEnv \(([\w/.-]+\.ts):(\d+):\d+\)/.exec(output) ?? [];
      const source = readFileSync(join(ROOT, file), 'utf8').split('\n')[Number(line) - 1];
      const raised = { file: 'services/shared/env.ts', source: expect.stringContaining('throw new Error(') };
      expect({ file, source }).toEqual(raised);
      expect(output).toMatch(/at (?:operator|services)\/(?:[\w/]+\/)?main\.ts:\d+:\d+/);
      // Above the error Node shows the line of the bundle, which must not be all of it.
      expect((output.split('\n')[1] ?? '').length).toBeLessThan(1_000);
    },
  );

  it.each(['echo', 'noop'] as const)('%s answers calls', async (name) => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const handler = await startChild({
      name,
      command: UNSHARE,
      args: inside(rootfs, ENTRY_POINTS[name]),
      folder: temporaryFolder(name),
      env: { ...ENVIRONMENT, HOST: '127.0.0.1', PORT: String(port) },
      ready: () => statusOf(`${url}/healthz`).then((status) => status === 200),
    });
    expect(await statusOf(url, { method: 'POST', body: '{}' })).toBe(200);
    await handler.close();
    expect(handler.exitCode).toBe(0);
  });

  it('the simulator serves its control API', async () => {
    const port = await freePort();
    const simulator = await startChild({
      name: 'simulator',
      command: UNSHARE,
      args: inside(rootfs, ENTRY_POINTS.simulator, '--control-port', String(port)),
      folder: temporaryFolder('simulator'),
      env: { ...ENVIRONMENT },
      ready: () => statusOf(`http://127.0.0.1:${port}/report`).then((status) => status === 200),
    });
    await simulator.close();
    expect(simulator.exitCode).toBe(0);
  });

  it('cannot write anywhere', () => {
    const probe = `for (const folder of ['/', '/app', '/etc', '/usr/bin']) {
      try { require('node:fs').writeFileSync(folder + '/probe', ''); console.log('wrote in', folder); } catch (error) { console.log(error.code); }
    }`;
    expect(runInside(rootfs, '-e', probe)).toEqual({ code: 0, output: 'EACCES\n'.repeat(4) });
  });
});

describe('files of the image', () => {
  it('are none that others than root may write, none that raise rights, no links', () => {
    const odd = paths().filter((path) => {
      const stats = lstatSync(join(rootfs, path));
      return (stats.mode & 0o6022) !== 0 || !(stats.isFile() || stats.isDirectory());
    });
    expect(odd).toEqual([]);
  });

  it('hold one program beside the loader, and no shell', () => {
    const programs = paths().filter((path) => {
      const stats = lstatSync(join(rootfs, path));
      return stats.isFile() && (stats.mode & 0o111) !== 0 && !/\/(?:libc\.so\.6|ld-linux[\w.-]*)$/.test(path);
    });
    expect(programs).toEqual([NODE]);
  });

  it('tell nothing of the machine that built them', () => {
    const texts = paths().filter((path) => path.startsWith(APP) || path.startsWith('/etc'));
    const files = texts.filter((path) => lstatSync(join(rootfs, path)).isFile());
    expect(files.length).toBeGreaterThan(20);
    const telling = files.filter((path) => {
      const text = readFileSync(join(rootfs, path), 'utf8');
      return text.includes(ROOT) || text.includes(folder);
    });
    expect(telling).toEqual([]);
  });

  it('come with a bill of materials and the licences of what is bundled', () => {
    const { components } = JSON.parse(readFileSync(join(rootfs, SBOM), 'utf8')) as { components: { purl: string }[] };
    const purls = components.map(({ purl }) => purl);
    for (const part of [
      'pkg:generic/node@',
      'pkg:deb/debian/libc6@',
      'pkg:npm/zod@',
      'pkg:npm/%40nats-io/jetstream@',
    ]) {
      expect(purls).toContainEqual(expect.stringContaining(part));
    }
    // Only for development, or only types.
    expect(purls.filter((purl) => /vitest|esbuild|client-node/.test(purl))).toEqual([]);
    expect(readFileSync(join(rootfs, NOTICE), 'utf8')).toMatch(/zod \S+ \(MIT\)/);
  });

  it('are the same bytes when they are made again', async () => {
    const second = await archive('second');
    expect(digestOf(second.file)).toBe(digestOf(first.file));
  }, 180_000);
});

async function statusOf(url: string, options: { method?: 'GET' | 'POST'; body?: string } = {}): Promise<number> {
  const { statusCode, body } = await request(url, { ...options, reset: true });
  await body.dump();
  return statusCode;
}

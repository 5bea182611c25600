import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Rule, readTree } from '../../../scripts/structure/tree.ts';

/** Writes files into a fresh folder, and returns what a rule says about them as `file:line: advice`. */
export function check(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'structure-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return rule(readTree(root)).map(({ file, line, advice }) => `${file}:${line}: ${advice}`);
  } finally {
    rmSync(root, { recursive: true });
  }
}

export const lines = (count: number): string => '// line\n'.repeat(count);

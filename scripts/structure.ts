import { fileURLToPath } from 'node:url';
import { RULES } from './structure/rules.ts';
import { readTree } from './structure/tree.ts';

/** Prints one line per violation, `file:line: what to do`, and fails where there is any. */
const tree = readTree(fileURLToPath(new URL('..', import.meta.url)));
const found = RULES.flatMap((rule) => rule(tree));
for (const { file, line, advice } of found) process.stdout.write(`${file}:${line}: ${advice}\n`);
process.exitCode = found.length > 0 ? 1 : 0;

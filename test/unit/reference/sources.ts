import { readdirSync, readFileSync } from 'node:fs';

const root = new URL('../../../', import.meta.url);

export const readText = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** Every program text below the folders, by its path. */
export const sourcesOf = (...folders: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    folders.flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .map((name) => [`${folder}/${name}`, readText(`${folder}/${name}`)] as const),
    ),
  );

/** The first group of every match, each once, in their order. */
export const found = (text: string, pattern: RegExp): string[] =>
  [...new Set(Array.from(text.matchAll(pattern), ([, group = '']) => group))].toSorted();

/** What the first cells of the tables name, each once, in their order. */
export function firstCells(text: string): string[] {
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  return [...new Set(rows.map((line) => line.split('`')[1] ?? ''))].toSorted();
}

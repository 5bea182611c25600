import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One thing that is not as it should be, and what to do about it. */
export interface Violation {
  /** Relative to the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly advice: string;
}

export interface SourceFile {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
  /** The text without comments, line for line. */
  readonly code: string;
  /** The code with every string emptied, line for line. */
  readonly bare: string;
}

/** What the rules look at: read once, then plain data. */
export interface Tree {
  readonly sources: readonly SourceFile[];
  /** Text of a file of the repository, or null where there is none. */
  readonly read: (path: string) => string | null;
}

export type Rule = (tree: Tree) => Violation[];

const FOLDERS = ['operator', 'services', 'cli', 'test', 'bench', 'scripts', 'examples'] as const;

export function readTree(root: string): Tree {
  const read = (path: string): string | null => {
    try {
      return readFileSync(join(root, path), 'utf8');
    } catch {
      return null;
    }
  };
  const paths = FOLDERS.flatMap((folder) => listTypeScript(root, folder)).toSorted();
  return { sources: paths.map((path) => sourceFile(path, read(path) ?? '')), read };
}

export function sourceFile(path: string, text: string): SourceFile {
  const code = text.replaceAll(TOKEN, (token) => (token.startsWith('/') ? lineBreaks(token) : token));
  const bare = code.replaceAll(TOKEN, (token) => `''${lineBreaks(token)}`);
  return { path, text, code, bare };
}

/** Every match in a text of one file, as violations. */
export function violations(file: SourceFile, text: string, pattern: RegExp, advice: string): Violation[] {
  return Array.from(text.matchAll(pattern), (match) => ({
    file: file.path,
    line: lineAt(text, match.index),
    advice: advice.replace('$&', match[0].trim()),
  }));
}

export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

export const isUnder = (path: string, ...folders: string[]): boolean =>
  folders.some((folder) => path.startsWith(`${folder}/`));

export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** A comment or a string. Regular expressions that hold quotes may confuse it; none of ours spans lines. */
const TOKEN = /\/\*[\s\S]*?\*\/|(?<![:\\])\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;

const lineBreaks = (text: string): string => text.replaceAll(/[^\n]/g, '');

function listTypeScript(root: string, folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
  } catch {
    return [];
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files below a folder, without it, that hold any of these texts. What comes and goes meanwhile is not looked at. */
export async function filesWith(folder: string, texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (texts.some((text) => bytes.includes(text))) found.push(path.slice(folder.length));
  }
  return found;
}

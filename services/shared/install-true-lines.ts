import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Origins, withTrueLines } from './true-lines.ts';

/**
 * Stack traces of a bundle name our files and lines. In every bundle, and evaluated first: an error at import has a trace
 * too. A map is read when a trace first needs it, which takes some 30 ms; `--enable-source-maps` would read all of them at
 * each start (docs/adr/0009).
 */
const read = new Map<string, Origins | null>();

function originsOf(url: string): Origins | null {
  const known = read.get(url);
  if (known !== undefined) return known;
  const origins = readOrigins(url);
  read.set(url, origins);
  return origins;
}

/** Never fails: it runs where an error is being shown. */
function readOrigins(url: string): Origins | null {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')));
  } catch {
    return null;
  }
}

const prepareStackTrace = Error.prepareStackTrace?.bind(Error);
if (prepareStackTrace !== undefined) {
  Error.prepareStackTrace = (error, frames) => withTrueLines(String(prepareStackTrace(error, frames)), originsOf);
}

import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A package of Debian of which files are in the image. */
export interface SystemPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/**
 * Paths of what `ldd` says a program is loaded with, the loader too.
 * @throws Error naming a library that is not there
 */
export function libraryPaths(ldd: string): string[] {
  const missing = Array.from(ldd.matchAll(/^\s*(\S+) => not found/gm), ([, name]) => name);
  if (missing.length > 0)
    throw new Error(`node needs ${missing.join(', ')}, not to be found here: install the package`);
  return Array.from(ldd.matchAll(/(?:=>\s+|^\s+)(\/\S+) \(0x/gm), ([, path]) => path ?? '').toSorted();
}

/** Names of the packages in what `dpkg-query --search` prints: `libc6:amd64: /lib/…/libc.so.6`. */
export const owners = (search: string): string[] =>
  [...new Set(Array.from(search.matchAll(/^([^:\s]+)(?::\S+)?: \//gm), ([, name]) => name ?? ''))].toSorted();

/** What `dpkg-query --show` prints with {@link FORMAT}. */
export const systemPackages = (show: string): SystemPackage[] =>
  show
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', version = '', architecture = ''] = line.split('\t');
      return { name, version, architecture };
    });
const FORMAT = '${Package}\t${Version}\t${Architecture}\n';

/** @throws Error where this is not Linux with glibc */
export async function librariesOf(program: string): Promise<string[]> {
  return libraryPaths((await asked('ldd', [program])).stdout);
}

/** @throws Error naming a file that no package owns: nobody could say what it is */
export async function packagesOf(files: readonly string[]): Promise<SystemPackage[]> {
  const found = await Promise.all(files.map(ownersOf));
  const names = [...new Set(found.flat())].toSorted();
  return systemPackages((await asked('dpkg-query', ['--show', '--showformat', FORMAT, ...names])).stdout);
}

async function ownersOf(file: string): Promise<string[]> {
  const real = await realpath(file);
  // Where /lib is a link to /usr/lib, dpkg knows some files by the one name and some by the other.
  const names = [...new Set([real, real.replace(/^\/usr\//, '/'), file])];
  // It fails where it does not know one of several.
  const outputs = await Promise.all(names.map((name) => asked('dpkg-query', ['--search', name]).catch(() => null)));
  const found = owners(outputs.map((output) => output?.stdout ?? '').join('\n'));
  if (found.length === 0)
    throw new Error(`no package of this system owns ${file}, so the bill of materials cannot name it`);
  return found;
}

async function asked(program: string, args: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await run(program, [...args], { env: { PATH: process.env['PATH'], LC_ALL: 'C' }, timeout: 20_000 });
  } catch (error) {
    throw new Error(`${program} ${args.join(' ')} failed; the image is assembled on Debian or in its Dockerfile`, {
      cause: error,
    });
  }
}

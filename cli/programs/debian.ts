import { access, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Env, execute } from './execute.ts';
import type { Way } from './program.ts';

const STEP_TIMEOUT_MS = 5 * 60_000;
const MAX_PACKAGES = 40;

/** Where packages have programs, below their root. */
const FOLDERS = ['usr/bin', 'bin', 'usr/sbin', 'sbin', 'usr/lib/cni'];

/** Starts the unpacked program with the libraries unpacked beside it, as the same process. */
const WRAPPER = (path: string) => `#!/bin/sh
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd) || exit 1
triplet=$(uname -m)-linux-gnu
LD_LIBRARY_PATH="$here/root/usr/lib/$triplet:$here/root/lib/$triplet\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export LD_LIBRARY_PATH
exec "$here/${path}" "$@"
`;

/**
 * Unpacks Debian packages, and those they depend on that this machine lacks, into `into` and writes wrappers that
 * start their programs from there; a link where the program is static, so that the file can be copied. apt gets folders of its own there: this needs neither root nor the
 * machine's package lists, and installs nothing.
 * @throws Error when there is no apt, its sources cannot be reached, or a program is not in the packages
 */
export async function unpackDebian(
  way: Extract<Way, { kind: 'debian' }>,
  into: string,
  { env, signal }: { env: Env; signal?: AbortSignal | undefined },
): Promise<void> {
  const how = { env: { ...env, LC_ALL: 'C' }, timeoutMs: STEP_TIMEOUT_MS, signal, cwd: into };
  const apt = await ownAptFolders(join(into, 'apt'));
  // A broken source of somebody else makes the update fail; what counts is whether our packages can be had after it.
  const update = await execute('apt-get', ['update', ...apt], how).then(() => null, asError);
  try {
    const plan = await execute('apt-get', ['install', ...apt, '--simulate', ...way.packages], how);
    await execute('apt-get', ['download', ...apt, ...packagesToFetch(way.packages, plan)], how);
  } catch (error) {
    throw new Error([update, asError(error)].flatMap((cause) => cause?.message ?? []).join('\n'), { cause: error });
  }
  for (const file of (await readdir(into)).filter((name) => name.endsWith('.deb'))) {
    await execute('dpkg', ['-x', file, 'root'], how);
    await rm(join(into, file));
  }
  await rm(join(into, 'apt'), { recursive: true });
  for (const binary of way.binaries) {
    const path = await findUnpacked(into, binary);
    if (way.isStatic === true) await symlink(path, join(into, binary));
    else await writeFile(join(into, binary), WRAPPER(path), { mode: 0o755 });
  }
}

/** @returns its path below `into` */
async function findUnpacked(into: string, binary: string): Promise<string> {
  for (const folder of FOLDERS) {
    const path = join('root', folder, binary);
    const isThere = await access(join(into, path)).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw new Error(`the packages hold no ${binary} in ${FOLDERS.join(', ')}`);
}

/** The packages asked for and every one that `apt-get install --simulate` says it would install beside them. */
export function packagesToFetch(asked: readonly string[], simulation: string): string[] {
  const missing = Array.from(simulation.matchAll(/^Inst (\S+)/gm), (match) => match[1] ?? '');
  const all = [...new Set([...asked, ...missing])];
  if (all.length > MAX_PACKAGES) throw new Error(`apt wants ${all.length} packages for ${asked.join(' ')}`);
  return all;
}

/** Under `into`, not shared: two of us at once must not write into the same lists. */
async function ownAptFolders(folder: string): Promise<string[]> {
  const lists = join(folder, 'lists');
  const cache = join(folder, 'cache');
  await mkdir(join(lists, 'partial'), { recursive: true });
  await mkdir(join(cache, 'archives', 'partial'), { recursive: true });
  const options = [
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${cache}`,
    'Debug::NoLocking=true',
    'Acquire::http::Timeout=20',
    'Acquire::https::Timeout=20',
    // The sandbox user cannot write to a folder under somebody's home.
    'APT::Sandbox::User=root',
    'APT::Install-Recommends=false',
  ];
  return ['--quiet=2', ...options.flatMap((option) => ['--option', option])];
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

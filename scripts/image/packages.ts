import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import * as z from 'zod';

/** An npm package of which something is in the bundles. */
export interface Bundled {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression. */
  readonly license: string;
  /** SHA-512 in hex of what the registry served; null where the lockfile has none. */
  readonly sha512: string | null;
  /** Texts of its licence files, in the order of their names. */
  readonly notices: readonly string[];
}

/** What of all that was read went into the bundles, relative to the repository. What was dropped as unused is not in them. */
export function usedInputs({ outputs }: Pick<Metafile, 'outputs'>): string[] {
  const used = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path),
  );
  return [...new Set(used)].toSorted();
}

/** Folder of the package that a file belongs to: `node_modules/a/node_modules/@b/c`. Null for a file of ours. */
export const packageFolder = (path: string): string | null =>
  /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? null;

const PackageJson = z.object({ name: z.string(), version: z.string(), license: z.string() });
const Lockfile = z.object({ packages: z.record(z.string(), z.object({ integrity: z.string().optional() })) });

/** @throws Error naming a package that does not say under which licence it is, or brings no text of it */
export async function bundledPackages(root: string, inputs: readonly string[]): Promise<Bundled[]> {
  const lockfile = Lockfile.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  const folders = [...new Set(inputs.map(packageFolder))].filter((folder) => folder !== null).toSorted();
  return Promise.all(
    folders.map(async (folder) => {
      const said = PackageJson.safeParse(JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8')));
      if (!said.success) throw new Error(`${folder}/package.json does not tell its name, version and licence`);
      const { integrity } = lockfile.packages[folder] ?? {};
      return {
        ...said.data,
        sha512: integrity === undefined ? null : hex(integrity),
        notices: await notices(root, folder),
      };
    }),
  );
}

const hex = (integrity: string): string | null => {
  const [, base64] = /^sha512-(.+)$/.exec(integrity) ?? [];
  return base64 === undefined ? null : Buffer.from(base64, 'base64').toString('hex');
};

async function notices(root: string, folder: string): Promise<string[]> {
  const names = (await readdir(join(root, folder))).filter((name) => /^(?:licen[cs]e|copying|notice)/i.test(name));
  return Promise.all(names.toSorted().map((name) => readFile(join(root, folder, name), 'utf8')));
}

const RULE = '='.repeat(80);

/** Who made what is bundled, and on what terms, for people. */
export const noticeText = (packages: readonly Bundled[]): string =>
  packages
    .map(({ name, version, license, notices }) => {
      const texts =
        notices.length > 0 ? notices.map((text) => text.trim()) : ['The package brings no text of its licence.'];
      return [RULE, `${name} ${version} (${license})`, RULE, ...texts, ''].join('\n');
    })
    .join('\n');

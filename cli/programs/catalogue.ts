import type { Version } from './version.ts';

/** A way to get a program into the cache folder, tried in the order of the table. */
export type Way =
  /** Built by `go install <module>@v<version>`; needs Go on PATH and the module proxy. */
  | { kind: 'go'; module: string; version: string }
  /** Debian packages unpacked beside each other, with the libraries this machine lacks; needs apt and dpkg, not root. */
  | { kind: 'debian'; packages: readonly string[]; binary: string };

export interface Program {
  /** File name on PATH. */
  name: string;
  /** Names the variable that points to the program and overrules everything else. */
  envVar: string;
  /** Oldest version we work with. */
  minimum: Version;
  /** Arguments that make it print its version, and the text right before the number. */
  version: { args: readonly string[]; marker: string };
  ways: readonly Way[];
  /** What a person can do where no way works; one line each. */
  advice: readonly string[];
}

const NATS_VERSION = '2.15.2';

export const PROGRAMS = {
  'nats-server': {
    name: 'nats-server',
    envVar: 'NATS_SERVER',
    minimum: [2, 14, 0],
    version: { args: ['--version'], marker: 'nats-server: ' },
    ways: [{ kind: 'go', module: 'github.com/nats-io/nats-server/v2', version: NATS_VERSION }],
    advice: [
      'macOS: brew install nats-server',
      'Debian, Ubuntu: the package is too old; apt install golang, and this builds it',
      `Docker: docker cp "$(docker create nats:${NATS_VERSION})":/nats-server . and set NATS_SERVER to that file`,
    ],
  },
  'redis-server': {
    name: 'redis-server',
    envVar: 'REDIS_SERVER',
    minimum: [7, 0, 0],
    version: { args: ['--version'], marker: ' server ' },
    // redis-server is a link to a file of redis-tools, so both are named.
    ways: [{ kind: 'debian', packages: ['redis-server', 'redis-tools'], binary: 'redis-server' }],
    advice: [
      'macOS: brew install redis',
      'Debian, Ubuntu: apt install redis-server',
      'Docker: run what needs it inside an image that has it, such as redis:7',
    ],
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;

export const isProgramName = (name: string): name is ProgramName => Object.hasOwn(PROGRAMS, name);

import type { Version } from './version.ts';

/** A way to get a program into the cache folder, tried in the order of the table. */
export type Way =
  /** Built by `go install <module>@v<version>`; needs Go on PATH and the module proxy. */
  | { kind: 'go'; module: string; version: string }
  /** A package of the module in `cli/programs/<folder>`, whose go.mod pins it and everything it needs; needs the same. */
  | { kind: 'go-module'; folder: string; package: string; version: string; variables: GoVariables; takes: string }
  /** Debian packages unpacked beside each other, with the libraries this machine lacks; needs apt and dpkg, not root. */
  | { kind: 'debian'; packages: readonly string[]; binary: string };

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
  /** Arguments that make it print its version, and the text right before the number. */
  version: { args: readonly string[]; marker: string };
  ways: readonly Way[];
  /** What a person can do where no way works; one line each. */
  advice: readonly string[];
}

const NATS_VERSION = '2.15.2';

/** As `kubernetes/go.mod` has them; a unit test compares. */
const ETCD_VERSION = '3.6.8';
const KUBERNETES_VERSION = '1.36.3';

const [KUBERNETES_MAJOR = '', KUBERNETES_MINOR = ''] = KUBERNETES_VERSION.split('.');

/** Without it a Kubernetes program says that it is v0.0.0, and others misjudge it. */
const KUBERNETES_VARIABLES: GoVariables = {
  'k8s.io/component-base/version.gitVersion': `v${KUBERNETES_VERSION}`,
  'k8s.io/component-base/version.gitMajor': KUBERNETES_MAJOR,
  'k8s.io/component-base/version.gitMinor': KUBERNETES_MINOR,
};

/** The variables are those that controller-runtime's envtest has, so its assets serve here as they are. */
const ASSETS_VAR = 'KUBEBUILDER_ASSETS';
const ASSETS_ADVICE =
  'anywhere: go run sigs.k8s.io/controller-runtime/tools/setup-envtest@latest use -p path; set KUBEBUILDER_ASSETS to what it prints';

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
  etcd: {
    name: 'etcd',
    envVar: 'TEST_ASSET_ETCD',
    folderVar: ASSETS_VAR,
    minimum: [3, 5, 0],
    version: { args: ['--version'], marker: 'etcd Version: ' },
    ways: [
      {
        kind: 'go-module',
        folder: 'kubernetes',
        package: 'go.etcd.io/etcd/server/v3',
        version: ETCD_VERSION,
        variables: {},
        takes: 'a minute',
      },
    ],
    advice: [ASSETS_ADVICE],
  },
  'kube-apiserver': {
    name: 'kube-apiserver',
    envVar: 'TEST_ASSET_KUBE_APISERVER',
    folderVar: ASSETS_VAR,
    minimum: [1, 29, 0],
    version: { args: ['--version'], marker: 'Kubernetes ' },
    ways: [
      {
        kind: 'go-module',
        folder: 'kubernetes',
        package: 'k8s.io/kubernetes/cmd/kube-apiserver',
        version: KUBERNETES_VERSION,
        variables: KUBERNETES_VARIABLES,
        takes: 'up to 10 minutes on two cores',
      },
    ],
    advice: [ASSETS_ADVICE],
  },
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;

export const isProgramName = (name: string): name is ProgramName => Object.hasOwn(PROGRAMS, name);

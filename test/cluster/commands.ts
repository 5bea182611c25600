import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { insideOf, type Place } from './place.ts';
import type { NodePrograms } from './programs.ts';

export type Command = readonly [program: string, ...args: string[]];

const POLICY_ENFORCER = fileURLToPath(new URL('network-policy/main.ts', import.meta.url));

const ETCD_URL = 'http://127.0.0.1:2379';
const ETCD_PEER_URL = 'http://127.0.0.1:2380';

/** What runs before an API server answers. Pure. */
export function firstCommands(place: Place, programs: NodePrograms): Record<string, Command> {
  const { containerdConfig } = insideOf(place);
  return {
    etcd: [
      programs.etcd,
      `--name=${place.name}`,
      `--data-dir=${join(place.folder, 'etcd')}`,
      // What is in it lives no longer than the cluster.
      '--unsafe-no-fsync',
      '--log-level=warn',
      `--listen-client-urls=${ETCD_URL}`,
      `--advertise-client-urls=${ETCD_URL}`,
      `--listen-peer-urls=${ETCD_PEER_URL}`,
      `--initial-advertise-peer-urls=${ETCD_PEER_URL}`,
      `--initial-cluster=${place.name}=${ETCD_PEER_URL}`,
    ],
    containerd: [programs.containerd, '--config', containerdConfig],
    'kube-apiserver': [programs['kube-apiserver'], ...apiserverArguments(place)],
  };
}

/** What needs an API server from its start. Pure. */
export function laterCommands(place: Place, programs: NodePrograms): Record<string, Command> {
  const { keys, kubeletConfig } = insideOf(place);
  const key = (file: string) => join(keys, file);
  const kubeconfig = (user: string) => `--kubeconfig=${join(place.folder, `${user}.kubeconfig`)}`;
  return {
    'kube-controller-manager': [
      programs['kube-controller-manager'],
      kubeconfig('kube-controller-manager'),
      '--leader-elect=false',
      `--flex-volume-plugin-dir=${join(place.folder, 'plugins')}`,
      '--use-service-account-credentials',
      `--service-account-private-key-file=${key('service-account.key')}`,
      `--root-ca-file=${key('ca.crt')}`,
      `--cluster-signing-cert-file=${key('ca.crt')}`,
      `--cluster-signing-key-file=${key('ca.key')}`,
      // An autoscaler in seconds instead of minutes.
      '--horizontal-pod-autoscaler-sync-period=5s',
      '--horizontal-pod-autoscaler-downscale-stabilization=15s',
      '--horizontal-pod-autoscaler-initial-readiness-delay=5s',
      '--horizontal-pod-autoscaler-cpu-initialization-period=20s',
    ],
    'kube-scheduler': [programs['kube-scheduler'], kubeconfig('kube-scheduler'), '--leader-elect=false'],
    kubelet: [
      programs.kubelet,
      `--config=${kubeletConfig}`,
      kubeconfig('kubelet'),
      `--root-dir=${join(place.folder, 'kubelet')}`,
      `--cert-dir=${keys}`,
      `--hostname-override=${place.name}`,
      `--node-ip=${place.nodeAddress}`,
    ],
    'kube-proxy': [
      programs['kube-proxy'],
      kubeconfig('kube-proxy'),
      `--hostname-override=${place.name}`,
      '--proxy-mode=nftables',
      `--cluster-cidr=${place.pods}`,
      '--nodeport-addresses=primary',
      // Only the first network namespace may set these.
      '--conntrack-max-per-core=0',
      '--conntrack-min=0',
    ],
    'network-policy': [process.execPath, POLICY_ENFORCER, '--kubeconfig', place.kubeconfig, '--nft', programs.nft],
  };
}

function apiserverArguments(place: Place): string[] {
  const key = (file: string) => join(insideOf(place).keys, file);
  return [
    `--advertise-address=${place.nodeAddress}`,
    `--etcd-servers=${ETCD_URL}`,
    `--service-cluster-ip-range=${place.services}`,
    '--allow-privileged',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--client-ca-file=${key('ca.crt')}`,
    `--tls-cert-file=${key('kube-apiserver.crt')}`,
    `--tls-private-key-file=${key('kube-apiserver.key')}`,
    // By its name it would ask a name server first.
    '--kubelet-preferred-address-types=InternalIP',
    `--kubelet-client-certificate=${key('kubelet-client.crt')}`,
    `--kubelet-client-key=${key('kubelet-client.key')}`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-key-file=${key('service-account.key')}`,
    `--service-account-signing-key-file=${key('service-account.key')}`,
    `--requestheader-client-ca-file=${key('ca.crt')}`,
    '--requestheader-allowed-names=aggregator',
    '--requestheader-username-headers=X-Remote-User',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    `--proxy-client-cert-file=${key('aggregator.crt')}`,
    `--proxy-client-key-file=${key('aggregator.key')}`,
  ];
}

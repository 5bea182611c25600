import { join } from 'node:path';
import { stringify } from 'yaml';
import { PAUSE_IMAGE } from './image-names.ts';
import { insideOf, type Place } from './place.ts';

/** What containerd and the kubelet read. Pure. */

/** In TOML, whose strings are written as JSON's. `plugins` is the folder of CNI's. */
export function containerdConfig(place: Place, plugins: string): string {
  const { containerdSocket, networks } = insideOf(place);
  const text = (value: string) => JSON.stringify(value);
  return `version = 3
root = ${text(join(place.folder, 'containerd'))}
state = "/run/containerd"
[grpc]
  address = ${text(containerdSocket)}
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = ${text(PAUSE_IMAGE)}
[plugins."io.containerd.cri.v1.runtime"]
  # Not everywhere may root raise a priority above its own.
  restrict_oom_score_adj = true
  # Its profile would be loaded into the machine's kernel.
  disable_apparmor = true
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [${text(plugins)}]
  conf_dir = ${text(networks)}
`;
}

/** A wire of its own for each pod. What goes between pods is routed, so the node's rules see it. */
export const podNetwork = ({ folder, pods }: Place): string =>
  JSON.stringify({
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipam: {
          type: 'host-local',
          dataDir: join(folder, 'addresses'),
          ranges: [[{ subnet: pods }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
    ],
  });

export function kubeletConfig(place: Place): string {
  const { containerdSocket, keys } = insideOf(place);
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(keys, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    clusterDomain: 'cluster.local',
    clusterDNS: [place.dnsAddress],
    resolvConf: '',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${place.device}`,
    // Older machines have version 1 of control groups, and some have swap.
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    // The machine's disk may be as full as it is.
    evictionHard: {
      'memory.available': '0%',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
    },
    imageGCHighThresholdPercent: 100,
    podLogsDir: join(place.folder, 'pods'),
    volumePluginDir: join(place.folder, 'plugins'),
    nodeStatusUpdateFrequency: '2s',
    syncFrequency: '10s',
  });
}

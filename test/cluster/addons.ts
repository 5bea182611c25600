import { BUSYBOX_IMAGE, COREDNS_IMAGE, LOCAL_PATH_IMAGE } from './image-names.ts';
import type { Place } from './place.ts';

/** What a new cluster gets: names, and volumes. Objects to apply. Pure. */

const NAMESPACE = 'kube-system';
const named = (name: string) => ({ name, namespace: NAMESPACE });

/** Deployments that are ready before the cluster counts as up. */
export const ADDON_DEPLOYMENTS = ['coredns', 'local-path-provisioner'] as const;

/** Where volumes are on the node. */
const VOLUMES_FOLDER = '/run/volumes';

export const addons = (place: Place): object[] => [...account(), ...names(place), ...volumes()];

const account = (): object[] => [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: named('addons') },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'addons' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...named('addons') }],
  },
];

const COREFILE = `.:53 {
  errors
  health
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
    ttl 5
  }
  cache 5
}
`;

const DNS_PORTS = [
  { name: 'dns', protocol: 'UDP', port: 53 },
  { name: 'dns-tcp', protocol: 'TCP', port: 53 },
];

const names = ({ dnsAddress }: Place): object[] => {
  // As other clusters label it, for policies that name it.
  const labels = { 'k8s-app': 'kube-dns' };
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: named('coredns'), data: { Corefile: COREFILE } },
    deployment('coredns', labels, {
      priorityClassName: 'system-cluster-critical',
      dnsPolicy: 'Default',
      containers: [
        {
          name: 'coredns',
          image: COREDNS_IMAGE,
          imagePullPolicy: 'Never',
          args: ['-conf', '/etc/coredns/Corefile'],
          ports: DNS_PORTS.map(({ port, ...rest }) => ({ ...rest, containerPort: port })),
          readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
          volumeMounts: [{ name: 'config', mountPath: '/etc/coredns' }],
        },
      ],
      volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
    }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...named('kube-dns'), labels },
      spec: { clusterIP: dnsAddress, selector: labels, ports: DNS_PORTS },
    },
  ];
};

const HELPER_POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'helper-pod' },
  spec: { containers: [{ name: 'helper-pod', image: BUSYBOX_IMAGE, imagePullPolicy: 'Never' }] },
};

const volumes = (): object[] => [
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'local-path', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'rancher.io/local-path',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: named('local-path-config'),
    data: {
      'config.json': JSON.stringify({
        nodePathMap: [{ node: 'DEFAULT_PATH_FOR_NON_LISTED_NODES', paths: [VOLUMES_FOLDER] }],
      }),
      setup: '#!/bin/sh\nset -eu\nmkdir -m 0777 -p "$VOL_DIR"\n',
      teardown: '#!/bin/sh\nset -eu\nrm -rf "$VOL_DIR"\n',
      'helperPod.yaml': JSON.stringify(HELPER_POD),
    },
  },
  deployment(
    'local-path-provisioner',
    { app: 'local-path-provisioner' },
    {
      containers: [
        {
          name: 'local-path-provisioner',
          image: LOCAL_PATH_IMAGE,
          imagePullPolicy: 'Never',
          args: ['start', '--config', '/etc/config/config.json', '--service-account-name', 'addons'],
          env: [
            { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
            { name: 'CONFIG_MOUNT_PATH', value: '/etc/config/' },
          ],
          volumeMounts: [{ name: 'config', mountPath: '/etc/config' }],
        },
      ],
      volumes: [{ name: 'config', configMap: { name: 'local-path-config' } }],
    },
  ),
];

const deployment = (name: string, labels: Readonly<Record<string, string>>, spec: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: named(name),
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { serviceAccountName: 'addons', ...spec } },
  },
});

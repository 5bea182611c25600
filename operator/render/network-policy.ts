import type { V1ObjectMeta } from '@kubernetes/client-node';
import { PORTS } from '#shared/contract.ts';
import type { Endpoint } from '../api/spec-endpoint.ts';
import type { NetworkPeer } from '../network-peer.ts';
import type { Component } from './meta.ts';

/** As much of networking.k8s.io/v1 as is written here; the client's own type names a field otherwise than the API does. */
export interface NetworkPolicy {
  readonly apiVersion: 'networking.k8s.io/v1';
  readonly kind: 'NetworkPolicy';
  readonly metadata: V1ObjectMeta;
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly policyTypes: readonly ['Ingress'];
    readonly ingress: readonly Rule[];
  };
}

interface Rule {
  /** Anybody where it is absent. */
  readonly from?: readonly NetworkPeer[];
  readonly ports: readonly { readonly protocol: 'TCP'; readonly port: number }[];
}

/** Who beside Intercom's way in may reach pods of ours. */
export interface Insiders {
  /** The operator's own pods, which ask receivers what they saw. */
  readonly operator: NetworkPeer;
  /** Who reads metrics. */
  readonly metricsFrom: readonly NetworkPeer[];
}

/** Labels of the operator's pods, whatever else they have; whoever installs it gives them these. */
export const OPERATOR_LABELS = {
  'app.kubernetes.io/part-of': 'intercom-operator',
  'app.kubernetes.io/component': 'operator',
} as const;

/** The operator's pods, by the namespace that they run in. */
export const operatorPeer = (namespace: string): NetworkPeer => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
  podSelector: { matchLabels: OPERATOR_LABELS },
});

/** Intercom's way in to the webhook port, insiders to health and metrics, nothing else. */
export const receiverPolicy = (
  metadata: V1ObjectMeta,
  component: Component,
  endpoint: Endpoint,
  insiders: Insiders,
): NetworkPolicy => policy(metadata, component, [webhookRule(endpoint), innerRule(insiders)]);

/** Nobody calls a worker, and its handler is called by it alone, on loopback, where no policy holds. */
export const workerPolicy = (metadata: V1ObjectMeta, component: Component, insiders: Insiders): NetworkPolicy =>
  policy(metadata, component, [innerRule(insiders)]);

/** What leaves the pods is not restricted. The kubelet's probes come from the node, which may always. */
const policy = (metadata: V1ObjectMeta, { selector }: Component, ingress: readonly Rule[]): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata,
  spec: { podSelector: { matchLabels: selector }, policyTypes: ['Ingress'], ingress },
});

/** By number: not everything that enforces policies knows the names of a pod's ports. */
const ports = (port: number): Rule['ports'] => [{ protocol: 'TCP', port }];

const innerRule = ({ operator, metricsFrom }: Insiders): Rule => ({
  from: [operator, ...metricsFrom],
  ports: ports(PORTS.inner),
});

function webhookRule(endpoint: Endpoint): Rule {
  const from = proxies(endpoint);
  return { ...(from.length === 0 ? {} : { from }), ports: ports(PORTS.webhook) };
}

type Peer = Endpoint['proxyPeers'][number];

/**
 * Whom a proxy may be; empty for anybody. Where every pod may, so may everybody: many a proxy is none, but a node, or a
 * load balancer outside, and to shut it out would be to shut out Intercom.
 */
function proxies({ type, proxyPeers }: Endpoint): NetworkPeer[] {
  const isBehindProxy = type === 'Ingress' || type === 'Gateway';
  // Without any selector Kubernetes would refuse it; by what each of them means when absent, it is every pod of the namespace.
  return isBehindProxy && !proxyPeers.some(isEveryPod) ? proxyPeers.map((peer) => ({ podSelector: {}, ...peer })) : [];
}

const isEveryPod = ({ namespaceSelector, podSelector = {} }: Peer): boolean =>
  namespaceSelector !== undefined && isEmpty(namespaceSelector) && isEmpty(podSelector);

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: NonNullable<Peer['podSelector']>): boolean =>
  Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;

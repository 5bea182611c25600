import * as z from 'zod';
import type { Resource } from '#operator/kube/resource.ts';

/** What the enforcer reads of three kinds, as the API server serves them: with defaults filled in. */

export const PODS: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods' };
export const POLICIES: Resource = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
};

const Labels = z.record(z.string(), z.string()).default({});
const Protocol = z.enum(['TCP', 'UDP', 'SCTP']).default('TCP');

const Container = z.object({
  ports: z.array(z.object({ name: z.string().optional(), containerPort: z.int(), protocol: Protocol })).default([]),
});

export const Pod = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), labels: Labels }),
  spec: z.object({
    hostNetwork: z.boolean().default(false),
    containers: z.array(Container),
    initContainers: z.array(Container).default([]),
  }),
  status: z.object({ phase: z.string().default(''), podIP: z.string().default('') }).prefault({}),
});
export type Pod = z.output<typeof Pod>;

export const Namespace = z.object({ metadata: z.object({ name: z.string(), labels: Labels }) });
export type Namespace = z.output<typeof Namespace>;

export const Selector = z.object({
  matchLabels: Labels,
  matchExpressions: z
    .array(
      z.object({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});
export type Selector = z.output<typeof Selector>;

const Peer = z.object({
  podSelector: Selector.optional(),
  namespaceSelector: Selector.optional(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
export type Peer = z.output<typeof Peer>;

const Port = z.object({
  protocol: Protocol,
  port: z.union([z.int(), z.string()]).optional(),
  endPort: z.int().optional(),
});
export type Port = z.output<typeof Port>;

const Peers = z.array(Peer).default([]);
const Ports = z.array(Port).default([]);

export const Policy = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    podSelector: Selector.prefault({}),
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
    ingress: z.array(z.object({ from: Peers, ports: Ports })).default([]),
    egress: z.array(z.object({ to: Peers, ports: Ports })).default([]),
  }),
});
export type Policy = z.output<typeof Policy>;

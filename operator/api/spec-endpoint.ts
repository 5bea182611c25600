import * as z from 'zod';
import { parseDurationMs } from './duration.ts';
import {
  atomic,
  duration,
  filled,
  objectName,
  optionalObjectName,
  setOf,
  stringMap,
  text,
  urlPath,
  whole,
} from './fields.ts';
import { type Rule, validations } from './rules.ts';

/** Where Intercom reaches the receiver, and who else may. */

const annotations = (of: string) => stringMap(64, 16_384, `Annotations of the ${of}.`).default({});

const IngressBlock = z.object({
  className: optionalObjectName('Ingress class; empty = the default one of the cluster.'),
  annotations: annotations('Ingress'),
  tls: filled(
    z.object({ secretName: optionalObjectName('Secret with the certificate; empty = the controller has its own.') }),
    'How the Ingress ends TLS. Intercom calls https only.',
  ),
});

const ParentRef = z.object({
  name: objectName('Name of the Gateway.'),
  namespace: objectName('Its namespace; none = that of this resource.').exactOptional(),
  sectionName: objectName('One listener of it; none = all that match.').exactOptional(),
});

const GatewayBlock = z.object({
  parentRefs: z
    .array(ParentRef)
    .min(1)
    .max(8)
    .meta({ description: 'Gateways that the HTTPRoute attaches to.', ...atomic }),
});

const LoadBalancerBlock = z.object({
  class: z.string().max(253).default('').describe('`loadBalancerClass` of the Service; empty = the default one.'),
  annotations: annotations('Service'),
});

const Selector = (of: string) =>
  z
    .object({
      matchLabels: stringMap(16, 63, 'Labels that must have exactly these values.').exactOptional(),
      matchExpressions: z
        .array(
          z.object({
            key: text(317, 'Label the expression is about.'),
            operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']).describe('How it compares.'),
            values: z
              .array(z.string().max(63))
              .max(32)
              .meta({ description: 'Values, for In and NotIn.', ...atomic })
              .exactOptional(),
          }),
        )
        .max(16)
        .meta({ description: 'Expressions that must all hold.', ...atomic })
        .exactOptional(),
    })
    .describe(`Selects ${of} by label; empty selects all.`);

const ProxyPeer = z.object({
  namespaceSelector: Selector('namespaces').exactOptional(),
  podSelector: Selector('pods').exactOptional(),
});

const EndpointFields = z.object({
  type: z
    .enum(['ClusterIP', 'Ingress', 'Gateway', 'LoadBalancer'])
    .default('ClusterIP')
    .describe('How the receiver is reached. ClusterIP makes a Service alone: something of yours leads to it.'),
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)
    .describe('Public host name. Required with Ingress and Gateway.')
    .exactOptional(),
  path: urlPath('Path of the webhook URL; everything else answers 404.').default('/intercom'),
  trustedProxyHops: whole(
    0,
    8,
    'Proxies between Intercom and the receiver: the client address is this many from the right of X-Forwarded-For. ' +
      'None = 1 with Ingress and Gateway, else 0.',
  ).exactOptional(),
  ingress: IngressBlock.describe('Only with type Ingress; may be left out.').exactOptional(),
  gateway: GatewayBlock.describe('Only with type Gateway, and required there.').exactOptional(),
  loadBalancer: LoadBalancerBlock.describe('Only with type LoadBalancer; may be left out.').exactOptional(),
  proxyPeers: z
    .array(ProxyPeer)
    .max(16)
    .default([{ namespaceSelector: {}, podSelector: {} }])
    .meta({
      description:
        'Who may reach the pods where a proxy stands before them, with Ingress and Gateway. The default, every pod, admits ' +
        'everybody: many a proxy is none.',
      ...atomic,
    }),
});
export type Endpoint = z.output<typeof EndpointFields>;

/** Blocks have no default at this level, so that a default can never be the block of another type. */
export const endpointRules: readonly Rule<Endpoint>[] = [
  {
    rule: "!has(self.ingress) || self.type == 'Ingress'",
    message: 'is for type Ingress only: remove the block or set type: Ingress',
    fieldPath: '.ingress',
    holds: (self) => self.ingress === undefined || self.type === 'Ingress',
  },
  {
    rule: "!has(self.gateway) || self.type == 'Gateway'",
    message: 'is for type Gateway only: remove the block or set type: Gateway',
    fieldPath: '.gateway',
    holds: (self) => self.gateway === undefined || self.type === 'Gateway',
  },
  {
    rule: "!has(self.loadBalancer) || self.type == 'LoadBalancer'",
    message: 'is for type LoadBalancer only: remove the block or set type: LoadBalancer',
    fieldPath: '.loadBalancer',
    holds: (self) => self.loadBalancer === undefined || self.type === 'LoadBalancer',
  },
  {
    rule: "self.type != 'Gateway' || has(self.gateway)",
    message: 'type Gateway needs gateway.parentRefs: name the Gateway to attach to',
    fieldPath: '.gateway',
    holds: (self) => self.type !== 'Gateway' || self.gateway !== undefined,
  },
  {
    rule: "!(self.type in ['Ingress', 'Gateway']) || has(self.host)",
    message: 'types Ingress and Gateway need a host: set the public host name of the webhook URL',
    fieldPath: '.host',
    holds: (self) => !['Ingress', 'Gateway'].includes(self.type) || self.host !== undefined,
  },
];

export const Endpoint = EndpointFields.meta(validations(...endpointRules));

const AllowlistFields = z.object({
  mode: z
    .enum(['Off', 'Audit', 'Enforce'])
    .default('Audit')
    .describe('Audit counts what Enforce would refuse. The signature authenticates in every mode.'),
  extraCIDRs: z
    .array(
      z
        .string()
        .max(43)
        .regex(/^[0-9A-Fa-f.:]+\/[0-9]{1,3}$/, 'write a range such as 203.0.113.0/24'),
    )
    .max(64)
    .default([])
    .meta({ description: 'Ranges admitted beside those of Intercom: probes, simulators.', ...setOf }),
  configMapRef: filled(
    z.object({ name: optionalObjectName('Name of the ConfigMap; empty = fetch the list from Intercom.') }),
    'A ConfigMap that holds the list, for clusters that may not fetch it.',
  ),
  refreshInterval: duration('How often the list is fetched; at least 1m.').default('1h'),
});
export type Allowlist = z.output<typeof AllowlistFields>;

export const allowlistRules: readonly Rule<Allowlist>[] = [
  {
    rule: "duration(self.refreshInterval) >= duration('1m')",
    message: 'must be at least 1m',
    fieldPath: '.refreshInterval',
    holds: (self) => parseDurationMs(self.refreshInterval) >= 60_000,
  },
];

export const Allowlist = AllowlistFields.meta(validations(...allowlistRules));

/** Proxies in front of the receiver; the default follows from the type. */
export const trustedProxyHops = (endpoint: Endpoint): number =>
  endpoint.trustedProxyHops ?? (endpoint.type === 'Ingress' || endpoint.type === 'Gateway' ? 1 : 0);

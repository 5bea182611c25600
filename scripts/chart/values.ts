import * as z from 'zod';
import { NetworkPeer } from '#operator/network-peer.ts';
import {
  block,
  disruptionBudget,
  flag,
  image,
  imagePullSecrets,
  keyOf,
  namePart,
  namespaceName,
  objectName,
  podSettings,
  resources,
  size,
} from './blocks.ts';

/** The one definition of what `helm install` can be told: values.yaml, values.schema.json and the page come from it. */

const OPERATOR = block('The operator.', {
  replicas: z.int().min(0).max(5).default(2).describe('One leads, the others take over within 15 seconds.'),
  podDisruptionBudget: disruptionBudget(),
  ...podSettings(resources({ requests: { cpu: '50m', memory: '128Mi' }, limits: { memory: '512Mi' } })),
  imagePullSecrets: imagePullSecrets(
    'Secrets to pull the image with: `[{name: registry}]`. Receivers and workers are of the same image and get the same names: each namespace with an IntercomWebhook needs Secrets of these names too.',
  ),
});

const NATS = block('NATS JetStream, where everything is stored that was answered 200.', {
  enabled: flag(true, 'Whether the chart runs it. Otherwise `externalNats.url` says where it is.'),
  replicas: z
    .literal([1, 3])
    .default(1)
    .describe(
      'Servers, and copies of each stream. With 1 what is stored is lost with its volume, and a restart is bridged by the spools. One server does not become three: choose before you install.',
    ),
  keep: flag(true, 'Whether the volumes and the keys stay when the release is uninstalled. false = all is deleted.'),
  image: image('nats', '2.15.2', 'Version, 2.14 or newer. It needs `nats-server` on its PATH.'),
  jetstream: block('How much JetStream may store, on each server.', {
    fileStore: size('18Gi', 'On disk; less than the volume. Streams reserve their limits in it: see `streams`.'),
    memoryStore: size('256Mi', 'In memory: only the state of consumers by which the operator reads.'),
  }),
  persistence: block('The volume of each server. Kubernetes does not change it after the installation.', {
    size: size('20Gi', 'Its size.'),
    storageClassName: objectName('Its StorageClass; empty = the default one of the cluster.'),
  }),
  auth: block('Who may log in. Each namespace gets an account, each process a user.', {
    existingSecret: objectName(
      'Secret that has `operator.seed`, `accounts.conf` and `routes.password`, as one that the chart made. Empty = a hook makes `<fullname>-nats-keys`, once.',
    ),
  }),
  tls: block('Encryption of all connections to the servers, and between them.', {
    secretName: objectName(
      'Secret with `tls.crt`, `tls.key` and `ca.crt`, for the names docs/install.md lists. Empty = no TLS. Restart the servers when it was renewed.',
    ),
  }),
  podDisruptionBudget: disruptionBudget(),
  ...podSettings(resources({ requests: { cpu: '100m', memory: '256Mi' } })),
});

const EXTERNAL_NATS = block('NATS that runs already; for `nats.enabled: false`.', {
  url: z
    .string()
    .max(2048)
    .regex(/^((nats|tls):\/\/[^@\s,]+(,(nats|tls):\/\/[^@\s,]+)*)?$/)
    .default('')
    .describe('`nats://` or `tls://`, without a login; several servers of one cluster separated by commas.'),
  streamReplicas: z.int().min(1).max(5).default(3).describe('Copies of each stream; not more than it has servers.'),
  operatorSeedSecret: keyOf(
    'operator.seed',
    'Secret with the signing seed of its NATS operator (`SO…`): each namespace gets an account. Without it one user serves all.',
  ),
  systemCredentialsSecret: keyOf(
    'system.creds',
    'Secret with the credentials of a user of its system account, to push accounts with; beside a seed that did not make its system account.',
  ),
  credentialsSecret: keyOf('user.creds', 'Secret with the credentials of the one user that serves all.'),
  caSecret: keyOf(
    'ca.crt',
    'Secret with the certificate of its authority. Without one: the authorities of the system.',
  ),
  caConfigMap: keyOf('ca.crt', 'The same, as a ConfigMap.'),
});

const NETWORK_POLICY = block('NetworkPolicies: of the operator, of NATS, and of all that the operator renders.', {
  enabled: flag(true, 'Whether there are any. They let in who has to get in, and nobody else.'),
  metricsFrom: z
    .array(NetworkPeer)
    .max(16)
    .default([])
    .describe('Who may read metrics, port 9090: peers as a NetworkPolicy has them.'),
  egress: block('Whom the operator and NATS may connect to.', {
    enabled: flag(false, 'Whether that is limited too.'),
    operator: z
      .array(z.looseObject({}))
      .default([])
      .describe('Further rules of the operator, such as the way to an external NATS.'),
  }),
});

export const Values = z.strictObject({
  nameOverride: namePart('Takes the place of the name of the chart in names.'),
  fullnameOverride: namePart('What all names begin with; empty = release and chart.'),
  image: image('intercom-webhook-operator', '', 'Version; empty = the `appVersion` of the chart.').describe(
    'The image of the operator, of which also every receiver and worker runs.',
  ),
  watchNamespaces: z
    .array(namespaceName())
    .max(100)
    .meta({ uniqueItems: true })
    .default([])
    .describe(
      'Namespaces that the operator looks after, and has a role in; they have to be there. Empty = all, by a ClusterRole.',
    ),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severe of what is logged, by the operator and by all that it renders.'),
  commonLabels: z.record(z.string(), z.string()).default({}).describe('Further labels of every object of the chart.'),
  commonAnnotations: z.record(z.string(), z.string()).default({}).describe('Further annotations of every object.'),
  crds: block('The definition of IntercomWebhook.', {
    enabled: flag(true, 'Whether this release has it. false for a second release in the same cluster.'),
    keep: flag(
      true,
      'Whether it stays when the release is uninstalled. false = every IntercomWebhook is deleted with it; delete them before, for what the operator has to do for one holds its deletion up.',
    ),
  }),
  rbac: block('Roles.', {
    create: flag(true, 'Whether the chart makes the roles of the operator. docs/reference/roles.md lists them.'),
    userRoles: flag(
      true,
      'Whether there are ClusterRoles for people: `<namespace>:<fullname>:view`, which is part of `view`, and `…:edit`, which is part of none.',
    ),
  }),
  serviceAccount: block('The ServiceAccount of the operator.', {
    create: flag(true, 'Whether the chart makes it.'),
    name: objectName('Its name; empty = that of the Deployment, or `default` where it is not made.'),
    annotations: z.record(z.string(), z.string()).default({}).describe('Its annotations.'),
  }),
  operator: OPERATOR,
  streams: block('What holds for streams, whoever runs NATS.', {
    sharedBytes: size(
      '1Gi',
      'Reserved on disk for each of two streams per namespace, dead letters and effects; beside `retention.maxBytes` of each IntercomWebhook.',
    ),
  }),
  nats: NATS,
  externalNats: EXTERNAL_NATS,
  redis: block('Redis for claims. The chart runs none.', {
    url: z
      .string()
      .max(2048)
      .regex(/^(rediss?:\/\/[^@\s]+)?$/)
      .default('')
      .describe('`redis://` or `rediss://`, without a login. Empty = claims are in JetStream.'),
  }),
  networkPolicy: NETWORK_POLICY,
  hooks: block('Pods of hooks: the keys of NATS, and `helm test`. They are placed as the operator is.', {
    podLabels: z.record(z.string(), z.string()).default({}).describe('Further labels of these pods.'),
    podAnnotations: z.record(z.string(), z.string()).default({}).describe('Further annotations of these pods.'),
    resources: resources({ requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '256Mi' } }),
  }),
  global: z.looseObject({}).default({}).describe('Nothing is read from it; charts that hold this one set it.'),
});

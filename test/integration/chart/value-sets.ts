/** What people install: each with what is to be accepted by Helm, and its objects by an API server. */

const KEY = (name: string, key: string) => ({ name, key });

export const EXTERNAL = {
  nats: { enabled: false },
  externalNats: { url: 'tls://nats-0.example.com:4222,tls://nats-1.example.com:4222' },
};

/** Every setting that pods have. */
const PODS = {
  labels: { team: 'support' },
  annotations: { 'example.com/owner': 'support' },
  podLabels: { 'example.com/mesh': 'off' },
  podAnnotations: { 'example.com/scrape': 'true' },
  imagePullSecrets: [{ name: 'registry' }],
  resources: { requests: { cpu: '250m', memory: '256Mi' }, limits: { memory: '1Gi' } },
  nodeSelector: { 'kubernetes.io/arch': 'amd64' },
  tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'intercom', effect: 'NoSchedule' }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'pool', operator: 'In', values: ['intercom'] }] }],
      },
    },
  },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'topology.kubernetes.io/zone',
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'intercom-operator' } },
    },
  ],
  priorityClassName: 'system-cluster-critical',
  extraEnv: [
    { name: 'TZ', value: 'UTC' },
    { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
  ],
};

export const VALUE_SETS: Readonly<Record<string, object>> = {
  defaults: {},
  'three servers': { nats: { replicas: 3 } },
  'three servers with TLS': { nats: { replicas: 3, tls: { secretName: 'nats-tls' } } },
  'one server with TLS': { nats: { tls: { secretName: 'nats-tls' } } },
  'keys of its own': { nats: { auth: { existingSecret: 'nats-keys' } } },
  'nothing kept': { nats: { keep: false }, crds: { keep: false } },
  'without the CRD': { crds: { enabled: false } },
  'two namespaces': { watchNamespaces: ['crm', 'shop'], networkPolicy: { egress: { enabled: true } } },
  'an external NATS for one user': {
    ...EXTERNAL,
    externalNats: { ...EXTERNAL.externalNats, streamReplicas: 1, credentialsSecret: KEY('nats', 'user.creds') },
  },
  'an external NATS with accounts and an authority': {
    ...EXTERNAL,
    externalNats: {
      ...EXTERNAL.externalNats,
      operatorSeedSecret: KEY('nats', 'signing.seed'),
      systemCredentialsSecret: KEY('nats', 'sys.creds'),
      caConfigMap: KEY('nats-ca', 'bundle.pem'),
    },
    networkPolicy: {
      egress: { enabled: true, operator: [{ to: [{ ipBlock: { cidr: '192.0.2.0/24' } }], ports: [{ port: 4222 }] }] },
    },
  },
  'an external NATS whose authority is in a Secret': {
    ...EXTERNAL,
    externalNats: { ...EXTERNAL.externalNats, caSecret: KEY('nats', 'ca.crt') },
  },
  Redis: { redis: { url: 'rediss://redis.example.com:6379/3' } },
  'no policies, budgets and roles': {
    networkPolicy: { enabled: false },
    operator: { podDisruptionBudget: { enabled: false } },
    nats: { podDisruptionBudget: { enabled: false } },
    rbac: { create: false, userRoles: false },
    serviceAccount: { create: false, name: 'provided' },
  },
  'a private registry, by digest': {
    image: { repository: 'registry.example.com/intercom', digest: `sha256:${'0a'.repeat(32)}`, pullPolicy: 'Always' },
    operator: PODS,
    nats: { ...PODS, replicas: 3, image: { repository: 'registry.example.com/nats', tag: '2.15.2-alpine' } },
    hooks: { podLabels: { 'example.com/mesh': 'off' }, podAnnotations: { 'example.com/scrape': 'false' } },
    commonLabels: { 'example.com/cost-centre': '42' },
    commonAnnotations: { 'example.com/contact': 'sre@example.com' },
  },
  'metrics for a Prometheus': {
    networkPolicy: {
      metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
    },
    serviceAccount: { annotations: { 'example.com/role': 'reader' } },
  },
  'storage of its own': {
    nats: {
      persistence: { size: '200Gi', storageClassName: 'fast' },
      jetstream: { fileStore: '180Gi', memoryStore: '512Mi' },
    },
    streams: { sharedBytes: '16Gi' },
  },
  'long names': { fullnameOverride: 'a-name-that-is-much-longer-than-what-fits-into-a-label-of-kubernetes' },
  'part of another chart': { global: { imageRegistry: 'registry.example.com' } },
};

/** What is refused, and the words by which a person finds it. */
export const REFUSED: readonly (readonly [what: string, values: object, says: RegExp])[] = [
  ['a typo at the top', { replicaCount: 2 }, /replicaCount/],
  ['a typo inside', { operator: { replica: 2 } }, /operator.*replica/s],
  ['a typo in a toleration', { nats: { tolerations: [{ kee: 'a' }] } }, /nats\/tolerations\/0.*kee/s],
  ['a store as large as its volume', { nats: { persistence: { size: '18Gi' } } }, /nats\.jetstream\.fileStore is 18Gi/],
  ['a name that no Service can have', { fullnameOverride: 'a.b' }, /fullnameOverride/],
  ['a name that no label can have', { nameOverride: 'my chart' }, /nameOverride/],
  ['two servers', { nats: { replicas: 2 } }, /nats\/replicas/],
  ['a text for a number', { operator: { replicas: '2' } }, /operator\/replicas/],
  ['another unit', { nats: { jetstream: { fileStore: '10G' } } }, /nats\/jetstream\/fileStore/],
  ['no number', { nats: { persistence: { size: 'large' } } }, /nats\/persistence\/size/],
  ['half a digest', { image: { digest: 'sha256:abc' } }, /image\/digest/],
  ['a level that is not one', { logLevel: 'verbose' }, /logLevel/],
  [
    'a login in the URL of NATS',
    { ...EXTERNAL, externalNats: { url: 'nats://user:pass@nats:4222' } },
    /externalNats\/url/,
  ],
  ['a login in the URL of Redis', { redis: { url: 'redis://:secret@redis:6379' } }, /redis\/url/],
  ['a namespace that cannot be', { watchNamespaces: ['CRM'] }, /watchNamespaces\/0/],
  ['a namespace twice', { watchNamespaces: ['crm', 'crm'] }, /watchNamespaces/],
  ['no NATS at all', { nats: { enabled: false } }, /externalNats\.url is needed/],
  ['two of NATS', { externalNats: { url: 'nats://nats:4222' } }, /externalNats\.url is set while nats\.enabled/],
  [
    'two authorities',
    { ...EXTERNAL, externalNats: { ...EXTERNAL.externalNats, caSecret: KEY('a', 'a'), caConfigMap: KEY('b', 'b') } },
    /externalNats\.caSecret and externalNats\.caConfigMap/,
  ],
  [
    'seed and one user',
    {
      ...EXTERNAL,
      externalNats: { ...EXTERNAL.externalNats, operatorSeedSecret: KEY('a', 'a'), credentialsSecret: KEY('b', 'b') },
    },
    /externalNats\.operatorSeedSecret and externalNats\.credentialsSecret/,
  ],
  [
    'a system user without a seed',
    { ...EXTERNAL, externalNats: { ...EXTERNAL.externalNats, systemCredentialsSecret: KEY('a', 'a') } },
    /externalNats\.systemCredentialsSecret is set without/,
  ],
];

import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { webhook } from '#test/support/webhook.ts';

/** Nothing but what is required. */
export const minimal: IntercomWebhook = webhook();

/** Something in every place that rendering reads. */
export const full: IntercomWebhook = webhook({
  workspaces: [{ id: 'abc12345', region: 'EU' }, { id: 'def67890' }],
  signing: {
    secretKeyRefs: [
      { name: 'intercom-support', key: 'client-secret' },
      { name: 'intercom-support-old', key: 'secret' },
    ],
  },
  endpoint: {
    type: 'LoadBalancer',
    path: '/hooks/intercom',
    loadBalancer: {
      class: 'service.k8s.aws/nlb',
      annotations: { 'service.beta.kubernetes.io/aws-load-balancer-scheme': 'internet-facing' },
    },
  },
  receiver: {
    scaling: { minReplicas: 3 },
    maxBodyBytes: 2_097_152,
    resources: { requests: { cpu: 1 }, limits: { memory: '512Mi' } },
    template: {
      labels: { team: 'support', 'app.kubernetes.io/component': 'mine' },
      annotations: { 'prometheus.io/scrape': 'true' },
      priorityClassName: 'webhooks',
    },
  },
  handlers: [
    {
      name: 'support-bot',
      container: {
        image: 'registry.example/handler:1.4',
        port: 3000,
        path: '/intercom',
        command: ['/app/handler'],
        args: ['--verbose'],
        imagePullPolicy: 'Always',
        env: [
          { name: 'TONE', value: 'kind' },
          { name: 'API_KEY', valueFrom: { secretKeyRef: { name: 'crm', key: 'api-key' } } },
        ],
        envFrom: [{ secretRef: { name: 'crm' } }],
        volumeMounts: [{ name: 'rules', mountPath: '/rules', readOnly: true }],
        resources: { limits: { cpu: '500m', memory: '256Mi' } },
        securityContext: { runAsUser: 1000 },
      },
      topics: ['conversation.user.created'],
      concurrency: 4,
      timeout: '90s',
      retry: { maxAge: '24h', maxAttempts: 5, minBackoff: '2s', maxBackoff: '1m' },
      scaling: { minReplicas: 2 },
      template: {
        serviceAccountName: 'support-bot',
        imagePullSecrets: [{ name: 'registry' }],
        nodeSelector: { pool: 'spot' },
        tolerations: [{ key: 'spot', operator: 'Exists' }],
        affinity: { nodeAffinity: {} },
        topologySpreadConstraints: [{ maxSkew: 2, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }],
        volumes: [{ name: 'rules', configMap: { name: 'rules' } }],
      },
    },
  ],
  retention: { events: '48h', deadLetters: '72h', claims: '96h', maxBytes: '5Gi' },
});

/** Handlers that are no containers of the user's. */
export const targets: IntercomWebhook = webhook({
  handlers: [
    {
      name: 'crm',
      http: { serviceRef: { name: 'crm', port: 8000, path: '/in' }, authSecretKeyRef: { name: 'crm', key: 'token' } },
    },
    { name: 'elsewhere', http: { url: 'https://crm.example/in?source=intercom' }, suspend: true },
    { name: 'audit', builtin: { type: 'Noop' }, scaling: { minReplicas: 0 } },
  ],
});

/** A spool that outlives its pods. */
export const persistent: IntercomWebhook = webhook({
  receiver: { spool: { storage: 'Persistent', size: '2Gi', storageClassName: 'fast' } },
});

/** Behind an Ingress, with all that one can say of it. */
export const ingress: IntercomWebhook = webhook({
  endpoint: {
    type: 'Ingress',
    host: 'hooks.example.com',
    path: '/hooks/intercom',
    ingress: {
      className: 'nginx',
      annotations: { 'cert-manager.io/cluster-issuer': 'letsencrypt' },
      tls: { secretName: 'hooks-tls' },
    },
    proxyPeers: [
      {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } },
        podSelector: { matchLabels: { 'app.kubernetes.io/component': 'controller' } },
      },
    ],
  },
});

/** Behind two Gateways, one of them in the namespace of the resource. */
export const gateway: IntercomWebhook = webhook({
  endpoint: {
    type: 'Gateway',
    host: 'hooks.example.com',
    gateway: { parentRefs: [{ name: 'public', namespace: 'edge', sectionName: 'https' }, { name: 'own' }] },
  },
});

import type { IntercomWebhookInput } from '#operator/api/v1alpha1.ts';
import { webhookInput } from '#test/support/webhook.ts';

type SpecInput = IntercomWebhookInput['spec'];
type HandlerInput = SpecInput['handlers'][number];

export interface RuleCase {
  readonly name: string;
  /** The field that must be blamed. */
  readonly path: string;
  readonly resource: IntercomWebhookInput;
}

const image = 'registry.example/handler:1.4';
const withSpec = (name: string, path: string, spec: Partial<SpecInput>): RuleCase => ({
  name,
  path,
  resource: webhookInput(spec),
});
const withHandler = (name: string, path: string, handler: Partial<HandlerInput>): RuleCase =>
  withSpec(name, `spec.handlers[0]${path}`, { handlers: [{ name: 'support', container: { image }, ...handler }] });

/** One resource per rule across fields, breaking that rule alone. */
export const RULE_CASES: readonly RuleCase[] = [
  withSpec('a handler with a topic that is not declared', 'spec.handlers', {
    handlers: [{ name: 'support', container: { image }, topics: ['ticket.created'] }],
  }),
  withSpec('retries that outlive the stored notification', 'spec.handlers', { retention: { events: '24h' } }),
  withSpec('an ingress block with another type', 'spec.endpoint.ingress', { endpoint: { ingress: {} } }),
  withSpec('a gateway block with another type', 'spec.endpoint.gateway', {
    endpoint: { gateway: { parentRefs: [{ name: 'public' }] } },
  }),
  withSpec('a load balancer block with another type', 'spec.endpoint.loadBalancer', {
    endpoint: { type: 'Ingress', host: 'hooks.example.com', loadBalancer: {} },
  }),
  withSpec('type Gateway without a gateway', 'spec.endpoint.gateway', {
    endpoint: { type: 'Gateway', host: 'hooks.example.com' },
  }),
  withSpec('type Ingress without a host', 'spec.endpoint.host', { endpoint: { type: 'Ingress' } }),
  withSpec('an allowlist fetched every second', 'spec.allowlist.refreshInterval', {
    allowlist: { refreshInterval: '1s' },
  }),
  withSpec('a receiver with more pods at least than at most', 'spec.receiver.scaling.minReplicas', {
    receiver: { scaling: { minReplicas: 11 } },
  }),
  withSpec('claims forgotten before the notification', 'spec.retention.claims', {
    retention: { claims: '167h59m', deadLetters: '1h' },
  }),
  withSpec('claims forgotten before the dead letter', 'spec.retention.claims', { retention: { deadLetters: '337h' } }),
  withSpec('claims kept for more than a year', 'spec.retention.claims', { retention: { claims: '8761h' } }),
  withHandler('a handler of two kinds', '', { builtin: { type: 'Noop' } }),
  withHandler('a call that may take more than ten minutes', '.timeout', { timeout: '10m1s' }),
  withHandler('a first wait longer than the longest', '.retry.minBackoff', {
    retry: { minBackoff: '11m', maxBackoff: '10m' },
  }),
  withHandler('a longest wait beyond the last retry', '.retry.maxBackoff', {
    retry: { maxBackoff: '2h', maxAge: '1h' },
  }),
  withHandler('a handler with more pods at least than at most', '.scaling.minReplicas', {
    scaling: { minReplicas: 3, maxReplicas: 2 },
  }),
  withHandler("a container on the worker's own port", '.container.port', { container: { image, port: 9090 } }),
  withHandler('a container that sets PORT itself', '.container.env', {
    container: { image, env: [{ name: 'PORT', value: '1' }] },
  }),
  withHandler("a handler that has the name of the operator's own container", '.name', { name: 'worker' }),
  withSpec("a receiver volume with one of the operator's names", 'spec.receiver.template.volumes', {
    receiver: { template: { volumes: [{ name: 'icw-signing', emptyDir: {} }] } },
  }),
  withHandler("a handler volume with one of the operator's names", '.template.volumes', {
    template: { volumes: [{ name: 'icw-x', emptyDir: {} }] },
  }),
  withSpec('an http handler with two addresses', 'spec.handlers[0].http', {
    handlers: [{ name: 'support', http: { url: 'https://crm.example', serviceRef: { name: 'crm', port: 80 } } }],
  }),
];

interface ChangeCase {
  readonly name: string;
  readonly path: string;
  readonly before: IntercomWebhookInput;
  readonly after: IntercomWebhookInput;
}

const handlerFrom = (startFrom: 'Now' | 'Earliest'): Partial<SpecInput> => ({
  handlers: [{ name: 'support', container: { image }, startFrom }],
});
const withSpool = (spool: { size?: string; storageClassName?: string }): Partial<SpecInput> => ({
  receiver: { spool: { storage: 'Persistent', ...spool } },
});

/** One change per rule about changes, breaking that rule alone. */
export const CHANGE_CASES: readonly ChangeCase[] = [
  {
    name: 'a handler that would begin elsewhere',
    path: 'spec.handlers[0].startFrom',
    before: webhookInput(handlerFrom('Now')),
    after: webhookInput(handlerFrom('Earliest')),
  },
  {
    name: 'another size of a persistent spool',
    path: 'spec.receiver.spool.size',
    before: webhookInput(withSpool({ size: '1Gi' })),
    after: webhookInput(withSpool({ size: '2Gi' })),
  },
  {
    name: 'another class of a persistent spool',
    path: 'spec.receiver.spool.storageClassName',
    before: webhookInput(withSpool({ storageClassName: 'fast' })),
    after: webhookInput(withSpool({ storageClassName: 'slow' })),
  },
];

/** Changes that look like those, and are allowed. */
export const ALLOWED_CHANGES: readonly Omit<ChangeCase, 'path'>[] = [
  {
    name: 'a persistent spool that becomes ephemeral and larger at once: the way out of a class that makes no volumes',
    before: webhookInput(withSpool({ size: '1Gi' })),
    after: webhookInput({ receiver: { spool: { size: '2Gi' } } }),
  },
  {
    name: 'another size of an ephemeral spool',
    before: webhookInput(),
    after: webhookInput({ receiver: { spool: { size: '2Gi' } } }),
  },
  {
    name: 'a second handler that begins elsewhere than the first',
    before: webhookInput(handlerFrom('Now')),
    after: webhookInput({
      handlers: [
        { name: 'support', container: { image } },
        { name: 'history', builtin: {}, startFrom: 'Earliest' },
      ],
    }),
  },
];

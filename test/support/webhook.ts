import { IntercomWebhook, type IntercomWebhookInput } from '#operator/api/v1alpha1.ts';

/** The least valid resource, with parts of its spec replaced. */
export function webhookInput(spec: Partial<IntercomWebhookInput['spec']> = {}): IntercomWebhookInput {
  return {
    apiVersion: 'intercom-operator.io/v1alpha1',
    kind: 'IntercomWebhook',
    metadata: { name: 'support', namespace: 'crm' },
    spec: {
      topics: ['conversation.user.created', 'conversation.user.replied', 'contact.user.created'],
      signing: { secretKeyRefs: [{ name: 'intercom-support', key: 'client-secret' }] },
      handlers: [{ name: 'support', container: { image: 'registry.example/handler:1.4' } }],
      ...spec,
    },
  };
}

/** The same with defaults filled in, as the API server would return it. */
export const webhook = (spec: Partial<IntercomWebhookInput['spec']> = {}): IntercomWebhook =>
  IntercomWebhook.parse(webhookInput(spec));

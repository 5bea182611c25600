import type { IntercomWebhookInput } from '#operator/api/v1alpha1.ts';
import { PAUSED_ANNOTATION } from '#operator/intercom-webhooks.ts';
import type { Random } from '#services/simulator/random.ts';
import { webhookInput } from '#test/support/webhook.ts';
import { NAMESPACE } from './installation.ts';

/** Places for resources, each empty or taken at a time. */
export const PLACES = 40;
export const SECRET_NAMES = ['intercom-0', 'intercom-1', 'intercom-2'] as const;

export interface Planned {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: IntercomWebhookInput['spec'];
}

/** Streams of every second place are deleted with their resource: its name can be taken again. Those of others stay. */
export const deletionPolicyOf = (place: number): 'Delete' | 'Retain' => (place % 2 === 0 ? 'Delete' : 'Retain');

/** A resource whose streams stay is followed by one of another name: what has another uid is not given what they hold. */
export const nameAt = (place: number, incarnation: number): string =>
  deletionPolicyOf(place) === 'Delete' ? `w${place}` : `w${place}-${incarnation}`;

type Handler = IntercomWebhookInput['spec']['handlers'][number];
const TOPICS = ['conversation.user.created', 'conversation.user.replied', 'contact.user.created', 'ticket.created'];

/** Any spec that is valid; of handlers of one name only what may change does. */
export function drawn(random: Random, place: number, name: string): Planned {
  const count = (most: number) => 1 + random.int(most);
  const secret = (key: string) => ({ name: random.pick(SECRET_NAMES), key });
  const handlers: readonly Handler[] = [
    { name: 'support', container: { image: `registry.example/handler:1.${random.int(9)}` } },
    { name: 'audit', builtin: { type: random.pick(['Noop', 'Echo']) }, scaling: { minReplicas: count(3) } },
    { name: 'crm', http: { url: 'https://crm.example.com/in', authSecretKeyRef: secret('token') }, orderBy: 'None' },
    { name: 'late', builtin: { type: 'Noop' }, suspend: random.oneIn(2), topics: TOPICS.slice(0, 1) },
  ];
  const chosen = handlers.filter(() => random.oneIn(2));
  const { spec } = webhookInput({
    topics: TOPICS.slice(0, count(TOPICS.length)),
    signing: { secretKeyRefs: [secret('client-secret')] },
    endpoint: { path: `/${random.hex(6)}` },
    receiver: { scaling: { minReplicas: count(3) } },
    handlers: chosen.length === 0 ? handlers.slice(0, 1) : chosen,
    retention: { maxBytes: '16Mi' },
    deletionPolicy: deletionPolicyOf(place),
    suspend: random.oneIn(8),
  });
  const annotations = random.oneIn(10) ? { [PAUSED_ANNOTATION]: 'for a while' } : {};
  return { metadata: { namespace: NAMESPACE, name, annotations }, spec };
}

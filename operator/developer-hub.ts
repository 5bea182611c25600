import type { Status } from './api/status.ts';
import type { IntercomWebhook } from './api/v1alpha1.ts';
import { ingressComponent } from './render/meta.ts';

/** As the CRD bounds it. */
const MAX_STEPS = 200;

/** Where Intercom is to send to, for a person to enter; with type ClusterIP only they know what leads to the Service. */
export function endpointUrl(webhook: IntercomWebhook): string {
  const { host, path } = webhook.spec.endpoint;
  if (host !== undefined) return `https://${host}${path}`;
  const { name } = ingressComponent(webhook);
  return `the https URL that leads to path ${path} of Service ${webhook.metadata.namespace}/${name}`;
}

/** What a person has to click, for there is no API for it; done is what was seen to work. Pure. */
export function developerHubSteps(
  webhook: IntercomWebhook,
  { endpoint, topics }: Pick<Status, 'endpoint' | 'topics'>,
): NonNullable<Status['developerHub']> {
  const isReached = endpoint?.lastPingAt !== undefined || endpoint?.lastNotificationAt !== undefined;
  const neverSeen = topics?.declaredNeverSeen;
  const subscribe = webhook.spec.topics.map((topic) => ({
    step: `Webhooks: subscribe to the topic ${topic}`.slice(0, MAX_STEP),
    done: neverSeen !== undefined && !neverSeen.includes(topic),
  }));
  const enter = {
    step: `Webhooks: enter ${endpointUrl(webhook)} as the endpoint URL`.slice(0, MAX_STEP),
    done: isReached,
  };
  return [enter, ...subscribe].slice(0, MAX_STEPS);
}

const MAX_STEP = 512;

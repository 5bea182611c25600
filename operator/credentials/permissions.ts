import { BUCKETS, CONSUMERS, INBOXES, NO_HANDLER, PARTITIONS, STREAMS, SUBJECTS } from '#shared/contract.ts';

/** Subjects that a user may publish to and subscribe to; all others are refused. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Stores notifications, and what is signed but unreadable. Reads nothing. */
export const ingressPermissions = (webhook: string): Permissions => ({
  publish: [SUBJECTS.allNotifications(webhook), SUBJECTS.deadLettersOf(webhook, NO_HANDLER)],
  subscribe: [`${INBOXES.ingress(webhook)}.>`],
});

export interface WorkerScope {
  readonly webhook: string;
  readonly handler: string;
  readonly orderBy: 'Subject' | 'None';
  /** Whether claims live in NATS; else in Redis. */
  readonly hasBucket: boolean;
}

/** Takes from the consumers of its handler, and writes what the handler left: claims, effects, dead letters. */
export function workerPermissions({ webhook, handler, orderBy, hasBucket }: WorkerScope): Permissions {
  const inbox = `${INBOXES.worker(webhook, handler)}.>`;
  const always = [
    SUBJECTS.deadLettersOf(webhook, handler),
    SUBJECTS.effectsOf(webhook, handler),
    // Whether effects were stored before, and which: by subject, so that those of others are not to be had.
    `$JS.API.DIRECT.GET.${STREAMS.effects}.${SUBJECTS.effectsOf(webhook, handler)}`,
    ...(hasBucket ? claims(webhook, handler) : []),
  ];
  const stream = STREAMS.events(webhook);
  switch (orderBy) {
    case 'None':
      return { publish: [...consuming(stream, CONSUMERS.unordered(handler)), ...always], subscribe: [inbox] };
    case 'Subject': {
      const consumers = Array.from({ length: PARTITIONS }, (_, i) => CONSUMERS.ordered(handler, i));
      const heartbeat = SUBJECTS.heartbeat(webhook, handler);
      return {
        publish: [
          ...consumers.flatMap((consumer) => [...consuming(stream, consumer), ...takingOver(stream, consumer)]),
          // Bodies that were not kept: by sequence, so those of the webhook's other handlers can be read as well.
          `$JS.API.DIRECT.GET.${stream}`,
          heartbeat,
          ...always,
        ],
        subscribe: [inbox, heartbeat],
      };
    }
  }
}

const consuming = (stream: string, consumer: string): string[] => [
  `$JS.API.CONSUMER.INFO.${stream}.${consumer}`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
  `$JS.ACK.${stream}.${consumer}.>`,
];

const takingOver = (stream: string, consumer: string): string[] => [
  `$JS.API.CONSUMER.UNPIN.${stream}.${consumer}`,
  `$JS.API.CONSUMER.RESET.${stream}.${consumer}`,
];

/** The last is asked for the time of the server. It tells the names of other claims, which are hashes, and no values. */
function claims(webhook: string, handler: string): string[] {
  const stream = `KV_${BUCKETS.claims(webhook)}`;
  const own = SUBJECTS.claimsOf(webhook, handler);
  return [own, `$JS.API.DIRECT.GET.${stream}.${own}`, `$JS.API.STREAM.INFO.${stream}`];
}

/** The operator in the account of a namespace: streams, consumers, dead letters, and what is redriven. */
export const operatorPermissions = (): Permissions => ({
  publish: ['$JS.API.>', SUBJECTS.allRedriven('*')],
  subscribe: [`${INBOXES.operator}.>`],
});

/** The operator among the servers: reads and writes what they know of accounts. */
export const systemPermissions = (): Permissions => ({
  publish: ['$SYS.REQ.CLAIMS.UPDATE', '$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP'],
  subscribe: [`${INBOXES.operator}.>`],
});

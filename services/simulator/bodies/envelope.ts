import type { Item } from './scene.ts';

/** What Intercom's `notification_event` says around the item. Times are unix seconds. */
export interface Envelope {
  readonly appId: string;
  readonly id: string;
  readonly topic: string;
  readonly createdAtS: number;
  /** 1, and 2 when sent again. */
  readonly deliveryAttempts: number;
  readonly item: Item;
}

/**
 * One notification as bytes, the fields in the order of real captures. Intercom's own encoding of non-ASCII characters is
 * not documented; here they are plain UTF-8.
 */
export function notificationBytes({ appId, id, topic, createdAtS, deliveryAttempts, item }: Envelope): Buffer {
  return encode({
    type: 'notification_event',
    app_id: appId,
    data: { type: 'notification_event_data', item },
    links: {},
    id,
    topic,
    delivery_status: 'pending',
    delivery_attempts: deliveryAttempts,
    delivered_at: 0,
    first_sent_at: createdAtS,
    created_at: createdAtS,
    self: null,
  });
}

/** The notification that follows the saving of a URL: no id and no delivery status. */
export function pingBytes(appId: string, createdAtS: number): Buffer {
  return encode({
    type: 'notification_event',
    app_id: appId,
    data: {
      type: 'notification_event_data',
      item: { type: 'ping', message: 'This is a ping notification test message.' },
    },
    links: {},
    id: null,
    topic: 'ping',
    delivery_status: null,
    delivery_attempts: 1,
    delivered_at: 0,
    first_sent_at: createdAtS,
    created_at: createdAtS,
    self: null,
  });
}

function encode(event: Item): Buffer {
  return Buffer.from(JSON.stringify(event), 'utf8');
}

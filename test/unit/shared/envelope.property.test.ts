import type { MsgHdrs } from '@nats-io/transport-node';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { HEADER_ALLOWANCE_BYTES, HEADERS } from '#shared/contract.ts';
import { mentions, open, seal } from '#shared/envelope.ts';
import { keyText } from '#shared/key.ts';
import { type Notification, readNotification } from '#shared/notification.ts';
import { notificationObjects } from './arbitrary-bodies.ts';

/** What a dead letter adds: a detail of 256 characters and five short values. */
const DEAD_LETTER_ROOM_BYTES = 4_096;
const TIMES = fc.integer({ min: 0, max: 4_102_444_800_000 });

/** Every notification that can come of any body. */
const notifications: fc.Arbitrary<Notification> = notificationObjects
  .map((value) => readNotification(Buffer.from(JSON.stringify(value))))
  .filter((reading) => reading.kind === 'notification')
  .map(({ notification }) => notification);

/** As it goes over the wire: `NATS/1.0`, a line for each value, an empty line. */
const written = (hdrs: MsgHdrs): string =>
  `NATS/1.0\r\n${[...hdrs].flatMap(([name, values]) => values.map((value) => `${name}: ${value}\r\n`)).join('')}\r\n`;

it('brings back all that is known of a notification', () => {
  fc.assert(
    fc.property(notifications, TIMES, (notification, receivedAtMs) => {
      const { headers } = seal('w', notification, receivedAtMs);
      const { topic, id, appId, createdAt, key } = notification;
      const stored = { topic, id, appId, createdAt, receivedAtMs, key: keyText(key), redrive: '' };
      expect(open(headers)).toEqual({ kind: 'stored', stored });
      const { contactIds, conversationIds } = notification;
      expect(mentions(headers)).toEqual({ contacts: contactIds, conversations: conversationIds });
      expect(headers.get(HEADERS.deliveryAttempts)).toBe(String(notification.deliveryAttempts));
    }),
    { numRuns: 300 },
  );
});

it('writes only what a header may hold, and fits into its room, whatever came', () => {
  fc.assert(
    fc.property(notifications, TIMES, (notification, receivedAtMs) => {
      const { headers, msgId, subject } = seal('w'.repeat(40), notification, receivedAtMs);
      for (const [, values] of headers) {
        expect(values).toHaveLength(1);
        // Visible characters, single spaces between them: nothing to trim, nothing that ends a line.
        expect(values[0]).toMatch(/^(?:[!-~]+(?: [!-~]+)*)?$/);
      }
      expect(msgId).toMatch(/^[!-~]+$/);
      expect(subject).toMatch(/^icw\.w{40}\.n\.(?:[0-5]\d|6[0-3])(?:\.[^.\s*>]+)+$/);
      const total = written(headers).length + `Nats-Msg-Id: ${msgId}\r\n`.length + subject.length;
      expect(total + DEAD_LETTER_ROOM_BYTES).toBeLessThan(HEADER_ALLOWANCE_BYTES);
    }),
    { numRuns: 300 },
  );
});

it('gives two notifications one id only where workspace and id are the same', () => {
  const parts = ['', 'a', 'b', ':', 'a:', ':a', 'b:a', 'a:b', '%3A', 'a%3A', '%', '\\u003a', '\\', ' '];
  const [notification] = fc.sample(notifications, 1);
  if (notification === undefined) throw new Error('no notification');
  const ids = parts.flatMap((appId) => parts.map((id) => seal('w', { ...notification, appId, id }, 0).msgId));
  expect(new Set(ids).size).toBe(parts.length ** 2);
});

import { type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';
import type { Letter } from '#operator/dead-letters/entry.ts';
import { seal } from '#shared/envelope.ts';
import { readNotification } from '#shared/notification.ts';

/** Headers as the ingress seals them and the worker adds to them, with some replaced; null leaves one out. */
export function headersOf(changes: Record<string, string | null> = {}, id = 'n1'): MsgHdrs {
  const item = { type: 'conversation', id: '42' };
  const body = JSON.stringify({ app_id: 'abc', id, topic: 'conversation.user.replied', data: { item } });
  const reading = readNotification(Buffer.from(body));
  if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
  const hdrs = MsgHdrsImpl.fromRecord({
    ...Object.fromEntries(seal('crm-support', reading.notification, 1_700_000_000_000).headers),
    'Icw-Dead-Reason': ['Refused'],
    'Icw-Dead-Attempts': ['1'],
    'Nats-TTL': ['60s'],
  });
  hdrs.delete('Nats-Msg-Id');
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) hdrs.delete(name);
    else hdrs.set(name, value);
  }
  return hdrs;
}

export const letter = (changes: Partial<Letter> = {}): Letter => ({
  sequence: 7,
  storedAtMs: 1_700_000_001_000,
  subject: 'icw.crm-support.dlq.support.conversation.user.replied',
  headers: headersOf(),
  bodyBytes: 10,
  ...changes,
});

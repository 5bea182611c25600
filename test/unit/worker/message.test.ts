import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { readMessage } from '#services/worker/message.ts';
import { Outbox } from '#services/worker/outbox.ts';

const TAIL = 'icw_events_a.support_1.2.7.5.1700000000123456789.40';

function read(reply: string) {
  const published: string[] = [];
  const connection = {
    publish: (subject: string, payload: string | Uint8Array) =>
      void published.push(`${subject} ${Buffer.from(payload).toString()}`),
  } as Partial<NatsConnection> as NatsConnection;
  const msg = { reply, data: Buffer.from('{}'), headers: headers() } as Partial<Msg> as Msg;
  const outbox = new Outbox();
  return { message: readMessage(msg, { connection, outbox }), outbox, published };
}

describe('a message of a consumer', () => {
  it.each([
    ['without', `$JS.ACK.${TAIL}`],
    ['with', `$JS.ACK.hub.ACCOUNT.${TAIL}.token`],
  ])('is told by its reply subject, %s domain and account', (_, reply) => {
    expect(read(reply).message).toMatchObject({ seq: 7, consumerSeq: 5, storedAtMs: 1_700_000_000_123 });
  });

  it.each(['', '$JS.ACK', '$JS.ACK.a.b', `$JS.API.${TAIL}`, `_INBOX.${TAIL}`])(
    'is not what replies to "%s"',
    (reply) => {
      expect(read(reply).message).toBeNull();
    },
  );

  it('is acknowledged, given back and kept by what it replies', () => {
    const { message, outbox, published } = read(`$JS.ACK.${TAIL}`);
    message?.ack();
    message?.nak();
    message?.nak(250);
    outbox.flush();
    message?.working();
    const payloads = ['+ACK', '-NAK', '-NAK {"delay":250000000}', '+WPI'];
    expect(published).toEqual(payloads.map((payload) => `$JS.ACK.${TAIL} ${payload}`));
  });
});

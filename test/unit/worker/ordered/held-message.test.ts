import { headers } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import type { Message } from '#services/worker/message.ts';
import { hold } from '#services/worker/ordered/held-message.ts';
import { HEADERS } from '#shared/contract.ts';

const MIB = 1024 * 1024;

function message(bytes: number): Message {
  const hdrs = headers();
  hdrs.set(HEADERS.key, 'conversation/1');
  const nothing = () => undefined;
  return {
    headers: hdrs,
    data: new Uint8Array(bytes),
    seq: 7,
    consumerSeq: 1,
    storedAtMs: 0,
    ack: nothing,
    nak: nothing,
    working: nothing,
  };
}

const place = (heldBytes: number, busy: boolean) => ({ partition: 1, generation: 2, heldBytes, isBusy: () => busy });

describe('a message that is held', () => {
  it('keeps its body while there is room, and while it is the first of its key', () => {
    expect(hold(message(MIB), place(0, true))).toMatchObject({ isHollow: false, bytes: MIB, key: 'conversation/1' });
    expect(hold(message(MIB), place(500 * MIB, false))).toMatchObject({ isHollow: false, bytes: MIB });
  });

  it('is without its body where 16 MiB wait already and another of its key is before it', () => {
    const held = hold(message(MIB), place(15 * MIB + 1, true));
    expect(held).toMatchObject({ isHollow: true, bytes: 0 });
    expect(held.message).toMatchObject({ seq: 7 });
    expect(held.message.data).toHaveLength(0);
  });
});

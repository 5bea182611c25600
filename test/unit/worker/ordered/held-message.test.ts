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

const place = (heldBytes: number) => ({ partition: 1, generation: 2, heldBytes });

describe('a message that is held', () => {
  it('keeps its body while there is room, as a copy of its own', () => {
    const whole = message(MIB);
    const held = hold({ ...whole, data: new Uint8Array(4 * MIB).subarray(0, MIB) }, place(15 * MIB));
    expect(held).toMatchObject({ isHollow: false, bytes: MIB, key: 'conversation/1' });
    expect(held.message.data.buffer.byteLength).toBe(MIB);
  });

  it('is without its body where there is none', () => {
    const held = hold(message(MIB), place(15 * MIB + 1));
    expect(held).toMatchObject({ isHollow: true, bytes: 0 });
    expect(held.message).toMatchObject({ seq: 7 });
    expect(held.message.data).toHaveLength(0);
  });

  it('does not keep by its ack what it let go of', () => {
    const whole = message(MIB);
    expect(hold(whole, place(16 * MIB)).ack).toBe(whole.ack);
  });
});

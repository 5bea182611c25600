import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drop } from '#operator/dead-letters/drop.ts';
import { pageForward } from '#operator/dead-letters/list.ts';
import { redrive } from '#operator/dead-letters/redrive.ts';
import { openDeadLetterStream } from '#operator/dead-letters/stream.ts';
import { findPerson } from '#operator/erasure/find.ts';
import { RoomKeeper } from '#operator/streams/purge.ts';
import { claimKey } from '#services/worker/claims/key.ts';
import { keyValueClaims } from '#services/worker/claims/key-value.ts';
import { DeadLetters } from '#services/worker/dead-letter.ts';
import { EffectStore } from '#services/worker/effect-store.ts';
import { hold, whole } from '#services/worker/ordered/held-message.ts';
import { Outbox } from '#services/worker/outbox.ts';
import { BUCKETS, STREAMS } from '#shared/contract.ts';
import { seal } from '#shared/envelope.ts';
import { dedupId, readNotification } from '#shared/notification.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type NatsTenants, startNatsTenants } from '#test/support/nats-tenants.ts';
import { bodyOf, TOPIC } from '../worker/setup.ts';
import { INGRESS, type Installed, install, workerOf } from './setup.ts';

trackLeaks();

const HANDLER = 'support';

let tenants: NatsTenants;
let installed: Installed;
let connection: NatsConnection;

beforeAll(async () => {
  tenants = await startNatsTenants();
  const container = { image: 'registry.example/handler:1.4' };
  const spec = { topics: [TOPIC], handlers: [{ name: HANDLER, container }] };
  installed = await install(tenants, { namespace: 'crm', name: 'support' }, { spec });
  connection = await installed.connectAs(workerOf(HANDLER));
});

afterAll(async () => {
  await connection.close();
  await tenants.close();
});

function sealed(id: string) {
  const reading = readNotification(Buffer.from(bodyOf(id)));
  if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
  return { ...seal(installed.token, reading.notification, Date.now()), id: dedupId(reading.notification) };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe('with the credentials of its worker alone', () => {
  it('effects that were stored before are found', async () => {
    const store = new EffectStore(connection, { webhook: installed.token, handler: HANDLER, ttlMs: 3_600_000 });
    const { headers, id } = sealed('twice');
    const note = { type: 'note', admin_id: '7', conversation_id: '1', body: 'hello' } as const;
    expect(await store.put({ headers, id, effects: [note, note] })).toBe('stored');
    expect(await store.put({ headers, id, effects: [note] })).toBe('stored-before');
  });

  it('a body that was not kept is read again', async () => {
    const { subject, headers } = sealed('hollow');
    const ingress = await installed.connectAs(INGRESS);
    const { seq } = await jetstream(ingress).publish(subject, 'the body', { headers });
    await ingress.close();
    const message = {
      headers,
      data: new Uint8Array(0),
      seq,
      consumerSeq: 1,
      storedAtMs: Date.now(),
      ack: () => undefined,
      nak: () => undefined,
      working: () => undefined,
    };
    const hollow = hold(message, { partition: 0, generation: 1, heldBytes: Number.MAX_SAFE_INTEGER });
    const again = await whole({ ...hollow, isHollow: true }, { connection, stream: STREAMS.events(installed.token) });
    expect(Buffer.from(again?.data ?? []).toString()).toBe('the body');
  });

  it('a claim of another worker is read, and its age', async () => {
    const claimsOf = (owner: string) =>
      keyValueClaims({
        nc: connection,
        outbox: new Outbox(),
        bucket: BUCKETS.claims(installed.token),
        owner,
        leaseMs: 300,
      });
    const key = claimKey(HANDLER, 'the-id');
    const [died, other] = [claimsOf('died'), claimsOf('other')];
    expect(await died.claim(key)).toMatchObject({ kind: 'claimed' });
    expect(await other.claim(key)).toMatchObject({ kind: 'held' });
    await died.close();
    await other.close();
  });
});

describe('with the credentials of the operator alone', () => {
  it('dead letters are listed, redriven and dropped, a person is found, and there is room', async () => {
    const letters = new DeadLetters(connection, { webhook: installed.token, handler: HANDLER, ttlMs: 3_600_000 });
    const why = { reason: 'Refused', detail: '', attempts: 1, answer: '', firstAtMs: 1, lastAtMs: 2 } as const;
    for (const seq of [1, 2]) {
      const original = { headers: sealed(`dead-${seq}`).headers, data: Buffer.from(bodyOf(`dead-${seq}`)) };
      await letters.put({ ...original, seq, storedAtMs: Date.now() }, why);
    }
    const stream = await openDeadLetterStream(installed.operator);
    const signal = AbortSignal.timeout(10_000);
    const of = { webhook: installed.token, signal };
    const page = await pageForward(stream, { ...of, filter: {}, limit: 10, from: 1, through: 10 });
    const sequences = page.items.map(({ sequence }) => sequence);
    expect(sequences).toHaveLength(2);

    const person = { workspace: null, contacts: new Set<string>(), conversations: new Set(['cv-dead-1']) };
    const found = await all(findPerson(installed.manager, { person, webhooks: [installed.token], signal }));
    expect(found.filter(({ kind }) => kind === 'found')).toMatchObject([{ stream: STREAMS.deadLetters }]);

    const chosen = (sequence: number | undefined) => ({ kind: 'sequences' as const, sequences: [sequence ?? 0] });
    const redriven = redrive(stream, { ...of, selection: chosen(sequences[0]), ratePerSecond: 100 });
    expect((await all(redriven)).at(-1)).toMatchObject({ done: 1, failed: 0 });
    const dropped = drop(stream, { ...of, selection: chosen(sequences[1]), onDropped: () => undefined });
    expect((await all(dropped)).at(-1)).toMatchObject({ done: 1, failed: 0 });
    const room = new RoomKeeper(installed.manager, STREAMS.events(installed.token), Date.now);
    expect(await room.keep([])).toMatchObject({ kind: 'nothing' });
  });
});

it('the server has refused nothing of all that', () => {
  expect(tenants.refusals()).toEqual([]);
});

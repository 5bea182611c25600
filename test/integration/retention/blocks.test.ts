import { jetstream } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { STREAMS, SUBJECTS } from '#shared/contract.ts';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { filesWith } from './on-disk.ts';

trackLeaks();

let broker: Broker;

beforeAll(async () => {
  broker = await startBroker({ retention: { events: '2s', deadLetters: '2s', claims: '2s' } });
});
afterAll(() => broker.close());

/**
 * The server keeps messages in blocks, of 8 MiB here. What docs/retention.md says of the time that bytes stay on the disk
 * rests on this: a release of nats-server that changes it changes that text.
 */
it('keeps the bytes of what has expired as long as something in their block has not, and no longer', async () => {
  const js = jetstream(broker.connection);
  const publish = (body: string) => js.publish(SUBJECTS.notification(TOKEN, '00', 'a'), body);
  const bytesOf = (text: string) => filesWith(broker.server.storeDir, [text]);
  const first = await publish('the-older-one');
  await until(
    async () => {
      await publish('a-younger-one');
      const { state } = await broker.manager.streams.info(STREAMS.events(TOKEN));
      return state.first_seq > first.seq;
    },
    { describe: 'the older one to expire', everyMs: 200 },
  );
  expect(await bytesOf('the-older-one')).toEqual(await bytesOf('a-younger-one'));
  await until(async () => (await bytesOf('a-younger-one')).length === 0, { describe: 'the younger ones to be gone' });
  expect(await bytesOf('the-older-one')).toEqual([]);
});

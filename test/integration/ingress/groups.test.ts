import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PutResult } from '#services/ingress/publish-alone.ts';
import type { JetStreamStore } from '#services/ingress/store.ts';
import { STREAMS } from '#shared/contract.ts';
import { MSG_ID } from '#shared/envelope.ts';
import { type Broker, startBroker, storedEvents, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { bodyOf, envelope, put } from './put.ts';
import { type OpenStore, openStore } from './store.ts';

trackLeaks();
const STREAM = STREAMS.events(TOKEN);
let broker: Broker;
let store: JetStreamStore;
let opened: OpenStore;

beforeEach(async () => {
  broker = await startBroker();
  opened = await openStore(broker.connection);
  store = opened.store;
});
afterEach(async () => {
  await opened.close();
  await broker.close();
});

const topic = (id: string) => envelope(`icw.${TOKEN}.n.00.t`, id);
const ids = (count: number, prefix = 'm') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
/** All in one turn of the event loop. */
const putAll = (all: readonly string[], bytes = 2): Promise<PutResult[]> =>
  Promise.all(all.map((id) => put(store, topic(id), bodyOf(bytes))));
const kinds = (results: readonly PutResult[]) => results.map(({ kind }) => kind);
/** Until the spool has nothing more that a stream takes. */
const drained = (left = 0) =>
  until(() => opened.spool.stats().records === left, { describe: 'the spool to be drained', timeoutMs: 20_000 });
const storedIds = async () => (await storedEvents(broker)).map(({ header }) => header(MSG_ID));

it('what arrives in one turn is stored in its order, and acknowledged together', async () => {
  const before = broker.connection.stats().inMsgs;
  expect(new Set(kinds(await putAll(ids(100))))).toEqual(new Set(['durable']));
  expect(broker.connection.stats().inMsgs - before).toBeLessThan(5);
  expect(await opened.groups()).toEqual({ stored: 1 });
  expect(await storedIds()).toEqual(ids(100));
});

it('more than one group holds goes in several', async () => {
  expect(new Set(kinds(await putAll(ids(1_000))))).toEqual(new Set(['durable']));
  // Those that would have waited for too long for the groups before theirs went by way of the spool.
  await drained();
  expect((await broker.manager.streams.info(STREAM)).state.messages).toBe(1_000);
});

it('a duplicate is acknowledged and not stored again, inside a group as alone', async () => {
  await putAll(['a', 'b']);
  expect(kinds(await putAll(['c', 'a', 'd', 'c', 'e', 'b']))).toEqual(Array(6).fill('durable'));
  expect(kinds(await putAll(['a']))).toEqual(['durable']);
  expect(await storedIds()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

it('what a stream has no room for in the middle of a group waits in the spool until there is', async () => {
  await broker.manager.streams.update(STREAM, { max_msgs: 10 });
  expect(new Set(kinds(await putAll(ids(14))))).toEqual(new Set(['durable']));
  expect(await storedIds()).toHaveLength(10);
  await broker.manager.streams.update(STREAM, { max_msgs: -1 });
  await drained();
  expect((await storedIds()).toSorted()).toEqual(ids(14).toSorted());
});

it('one that no stream takes stays in the spool, and holds up no other', async () => {
  await broker.manager.streams.update(STREAM, { max_msg_size: 1_000 });
  const results = ids(6).map((id, i) => put(store, topic(id), bodyOf(i === 2 ? 2_000 : 10)));
  expect(new Set(kinds(await Promise.all(results)))).toEqual(new Set(['durable']));
  await drained(1);
  expect((await storedIds()).toSorted()).toEqual(['m0', 'm1', 'm3', 'm4', 'm5']);
  await broker.server.freeze();
  const later = put(store, topic('later'));
  expect(await later).toEqual({ kind: 'durable' });
  broker.server.thaw();
  await drained(1);
  expect(await storedIds()).toContain('later');
});

it('a stream that takes no batches gets them one by one', async () => {
  await broker.manager.streams.update(STREAM, { allow_batched: false });
  expect(kinds(await putAll(ids(5)))).toEqual(Array(5).fill('durable'));
  expect(await opened.groups()).toEqual({ 'in-doubt': 1 });
  await drained();
  expect(await storedIds()).toEqual(ids(5));
});

it('a group that the broker had got but not answered when it was killed is stored once', async () => {
  await broker.server.freeze();
  const results = putAll(ids(50));
  // Beyond this process's buffers: from here on the group is in the kernel's hands.
  await until(() => broker.connection.stats().outMsgs >= 50, { describe: 'the group to be written' });
  await broker.server.kill();
  expect(new Set(kinds(await results))).toEqual(new Set(['durable']));
  await broker.server.restart();
  await drained();
  expect((await storedIds()).toSorted()).toEqual(ids(50).toSorted());
});

it('later ones of a key go through the spool while an earlier one is there, so that their order holds', async () => {
  const ofKey = (id: string, key: string) => ({ ...topic(id), key });
  await broker.server.freeze();
  await put(store, ofKey('a1', 'a'));
  const later = [put(store, ofKey('a2', 'a')), put(store, ofKey('b1', 'b')), put(store, ofKey('a3', 'a'))];
  broker.server.thaw();
  expect(kinds(await Promise.all(later))).toEqual(['durable', 'durable', 'durable']);
  await drained();
  expect((await storedIds()).filter((id) => id.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
});

it('nothing acknowledged is lost when the broker is killed among groups, three times', async () => {
  const acknowledged = new Set<string>();
  const load = new AbortController();
  const sender = async (name: number) => {
    for (let i = 0; !load.signal.aborted; i += 1) {
      const group = ids(40, `${name}-${i}-`);
      const results = await putAll(group, 1_000);
      for (const [at, { kind }] of results.entries()) if (kind === 'durable') acknowledged.add(group[at] ?? '');
      // The disk takes more while the broker is away than the broker does afterwards in the time of a test.
      await until(() => opened.spool.stats().records < 2_000, {
        describe: 'the spool to be drained a little',
        timeoutMs: 20_000,
      });
    }
  };
  const senders = Promise.all([sender(0), sender(1), sender(2)]);
  for (let kill = 0; kill < 3; kill += 1) {
    const before = acknowledged.size;
    await until(() => acknowledged.size > before + 200, { describe: 'the load to flow' });
    await broker.server.kill();
    await broker.server.restart();
  }
  load.abort();
  await senders;
  await drained();
  const stored = await storedIds();
  expect(new Set(stored).size).toBe(stored.length);
  expect([...acknowledged].filter((id) => !stored.includes(id))).toEqual([]);
});

it('takes only so much while the broker does not answer, and says so at once', async () => {
  await broker.server.freeze();
  const results: PutResult[] = [];
  // 32 MiB, and 4 KiB beside each.
  const megabyte = bodyOf(1024 * 1024);
  for (const id of ids(70)) store.put(topic(id), megabyte, (result) => results.push(result));
  expect(kinds(results)).toEqual(Array(39).fill('no-room'));
  broker.server.thaw();
  await until(() => results.length === 70, { describe: 'the rest to be stored', timeoutMs: 20_000 });
  expect(results.filter(({ kind }) => kind === 'durable')).toHaveLength(31);
});

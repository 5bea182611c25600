import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { soon } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { startNatsServer } from '#test/support/nats-server.ts';
import { until } from '#test/support/until.ts';
import {
  arrange,
  childrenIn,
  closeServers,
  namesOf,
  ownStreams,
  RECEIVER,
  type Servers,
  startServers,
  streamNames,
  workerOf,
} from './installation.ts';

trackLeaks();

let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => closeServers(servers));

describe('streams', () => {
  it('are reported missing while NATS is away, and are there as soon as it is back; the rest is made at once', async () => {
    const own = await startNatsServer();
    await own.kill();
    const { kube, namespace, operator, write, toBe } = await arrange(servers, { NATS_URL: own.url });
    await write();
    const condition = await toBe('StreamsReady', 'NatsUnavailable');
    expect(condition.message).toContain(own.url);
    expect(namesOf(await childrenIn(kube, namespace)).toSorted()).toEqual(
      [...RECEIVER, ...workerOf('support')].toSorted(),
    );
    await own.restart();
    await toBe('StreamsReady', 'Reconciled');
    await operator.child.close('SIGKILL');
    await own.close();
  });

  it('go with the resource where it says so, and stay otherwise', async () => {
    const { kube, namespace, write, toBe, at } = await arrange(servers);
    await write({ deletionPolicy: 'Delete' });
    await toBe('StreamsReady', 'Reconciled');
    expect(await streamNames(servers.nats)).toEqual(expect.arrayContaining(ownStreams(namespace)));
    await kube.delete(INTERCOM_WEBHOOKS, at, soon());
    await until(async () => (await kube.get(INTERCOM_WEBHOOKS, at, soon())) === null, { describe: 'it to go' });
    expect((await streamNames(servers.nats)).filter((name) => ownStreams(namespace).includes(name))).toEqual([]);

    const { write: writeOther, ...other } = await arrange(servers);
    await writeOther();
    await other.toBe('StreamsReady', 'Reconciled');
    await kube.delete(INTERCOM_WEBHOOKS, other.at, soon());
    await until(async () => (await kube.get(INTERCOM_WEBHOOKS, other.at, soon())) === null, { describe: 'it to go' });
    expect(await streamNames(servers.nats)).toEqual(expect.arrayContaining(ownStreams(other.namespace)));
  });

  it('hold up a deletion while NATS is away', async () => {
    const own = await startNatsServer();
    const { kube, namespace, write, toBe, at, operator } = await arrange(servers, { NATS_URL: own.url });
    await write({ deletionPolicy: 'Delete' });
    await toBe('StreamsReady', 'Reconciled');
    await own.kill();
    await kube.delete(INTERCOM_WEBHOOKS, at, soon());
    const passes = () => operator.metric('intercom_operator_reconciles_total{outcome="requeue"}');
    const before = await passes();
    await until(async () => (await passes()) > before, { describe: 'a try' });
    expect(await kube.get(INTERCOM_WEBHOOKS, at, soon())).toMatchObject({
      metadata: { deletionTimestamp: expect.any(String) },
    });
    await own.restart();
    await until(async () => (await kube.get(INTERCOM_WEBHOOKS, at, soon())) === null, {
      describe: 'it to go',
      timeoutMs: 20_000,
    });
    expect(await streamNames(own)).not.toEqual(expect.arrayContaining(ownStreams(namespace)));
    await operator.child.close('SIGKILL');
    await own.close();
  });
});

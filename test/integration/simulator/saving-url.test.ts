import { describe, expect, it } from 'vitest';
import { freePort } from '#cli/local/free-port.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { notificationOf } from './receiver.ts';
import { isTrue, receiver, SUBSCRIPTION, simulator } from './setup.ts';

trackLeaks();

describe('saving a URL', () => {
  it('probes with HEAD, then sends a ping without id', async () => {
    const endpoint = await receiver(() => 200);
    const intercom = await simulator();
    const result = await intercom.saveUrl({ url: endpoint.url, ...SUBSCRIPTION });
    expect(result).toMatchObject({ saved: true, head: { status: 200 }, ping: { status: 200 } });
    expect(endpoint.received.map(({ method }) => method)).toEqual(['HEAD', 'POST']);
    const [ping] = endpoint.posts();
    expect(ping && notificationOf(ping)).toMatchObject({
      id: null,
      delivery_status: null,
      topic: 'ping',
      app_id: SUBSCRIPTION.appId,
    });
    expect(ping && isTrue(ping)).toBe(true);
  });

  it('saves nothing where HEAD is not answered 200, and sends no ping', async () => {
    const endpoint = await receiver(() => 404);
    const intercom = await simulator();
    const result = await intercom.saveUrl({ url: endpoint.url, ...SUBSCRIPTION });
    expect(result).toMatchObject({ saved: false, head: { status: 404 }, ping: null });
    expect(endpoint.posts()).toHaveLength(0);
    expect(intercom.send({ count: 1, ratePerSecond: 1 })).toEqual({ kind: 'refused', reason: 'no-subscription' });
  });

  it('saves nothing where nobody listens', async () => {
    const intercom = await simulator();
    const url = `http://127.0.0.1:${await freePort()}/`;
    const result = await intercom.saveUrl({ url, ...SUBSCRIPTION });
    expect(result).toMatchObject({ saved: false, head: { error: 'ECONNREFUSED' } });
  });

  it('saves the URL whatever becomes of the ping, and says so', async () => {
    const endpoint = await receiver(({ method }) => (method === 'HEAD' ? 200 : 500));
    const intercom = await simulator();
    const result = await intercom.saveUrl({ url: endpoint.url, ...SUBSCRIPTION });
    expect(result).toMatchObject({ saved: true, ping: { status: 500 } });
  });
});

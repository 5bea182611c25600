import { errors } from 'undici';
import { describe, expect, it } from 'vitest';
import { trackLeaks } from '#test/support/leaks.ts';
import { call, conversationOf, conversing, errorOf, reply } from './rest-client.ts';

trackLeaks();

describe('the limit', () => {
  it('answers 429 beyond the slice and makes no reply of it', async () => {
    const { intercom, ids } = await conversing({ callsPerMinute: 6 }, { count: 1 });
    const [id = ''] = ids;
    // one call in a slice of ten seconds: eleven would need a hundred to be granted
    const answers = [];
    for (let made = 0; made < 11; made += 1) answers.push(await reply(intercom, id));
    const granted = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status === 429);
    expect(granted.length + refused.length).toBe(11);
    expect(refused[0]).toMatchObject({
      body: errorOf('rate_limit_exceeded'),
      headers: { 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0' },
    });
    const resetAtMs = Number(refused[0]?.headers['x-ratelimit-reset']) * 1000;
    expect(resetAtMs - Date.now()).toBeLessThanOrEqual(10_000);
    expect([...intercom.replies()]).toHaveLength(granted.length);
  });
});

describe('faults', () => {
  it('answer some replies with an error or not at all, some of them made nevertheless', async () => {
    const { intercom, ids } = await conversing({ replyFaults: 1 }, { count: 1 });
    const [id = ''] = ids;
    const seen = [];
    for (let made = 0; made < 40; made += 1) {
      const outcome = await reply(intercom, id).then(
        ({ status }) => status,
        (error: unknown) => (error instanceof errors.SocketError ? 'reset' : error),
      );
      seen.push(outcome);
    }
    expect(new Set(seen)).toEqual(new Set([500, 503, 504, 'reset']));
    const stored = [...intercom.replies()];
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.length).toBeLessThan(40);
    expect((await conversationOf(intercom, id)).conversation_parts.total_count).toBe(stored.length);
    // an error answered to a reply that was made is on record as such
    for (const { answer } of stored) expect([500, 503, 504, 'none']).toContain(answer);
  });

  it('are answered in the shape of any other error', async () => {
    const { intercom, ids } = await conversing({ replyFaults: 1 }, { count: 1 });
    const answers = [];
    for (let made = 0; made < 12; made += 1) answers.push(await reply(intercom, ids[0] ?? '').catch(() => null));
    const codes = answers.flatMap((answer) => (answer === null ? [] : [answer.body]));
    expect(codes).toContainEqual(errorOf('server_error'));
    expect(codes).toContainEqual(errorOf('service_unavailable'));
  });

  it('befall replies only, and the same ones for the same seed', async () => {
    const outcomes = async () => {
      const { intercom, ids } = await conversing({ replyFaults: 0.5, seed: 3 }, { count: 1 });
      const statuses = [];
      for (let made = 0; made < 20; made += 1) {
        statuses.push(
          await reply(intercom, ids[0] ?? '').then(
            ({ status }) => status,
            () => 0,
          ),
        );
        expect(await call(intercom, '/me')).toMatchObject({ status: 200 });
      }
      return statuses;
    };
    const first = await outcomes();
    expect(first).toContain(200);
    expect(await outcomes()).toEqual(first);
  });
});

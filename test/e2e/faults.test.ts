import { describe, expect, it } from 'vitest';
import { trackLeaks } from '#test/support/leaks.ts';
import { sendThrough } from './line.ts';

/** Of one handler: what two workers may hold at the moment of a kill. */
const MOST_IN_FLIGHT = 32;

describe('the whole line', () => {
  trackLeaks();

  it.concurrent('loses and doubles nothing when a worker is killed in mid-work', async () => {
    const verdict = await sendThrough(({ signal }) => signal('worker', 'SIGKILL'));
    expect(verdict).toMatchObject({ lost: [], handledTwice: [], uninvited: [], errors: 0 });
    expect(verdict.repeatedCalls).toBeLessThanOrEqual(MOST_IN_FLIGHT);
  });

  it.concurrent('loses and doubles nothing when a handler is killed in mid-work', async () => {
    const verdict = await sendThrough(({ signal }) => signal('support', 'SIGKILL'));
    expect(verdict).toMatchObject({ lost: [], handledTwice: [], uninvited: [], errors: 0 });
    expect(verdict.repeatedCalls).toBeLessThanOrEqual(MOST_IN_FLIGHT);
  });

  it.concurrent('repeats nothing at all when a worker is asked to end under load', async () => {
    const verdict = await sendThrough(({ signal }) => signal('worker', 'SIGTERM'));
    expect(verdict).toMatchObject({ lost: [], handledTwice: [], uninvited: [], repeatedCalls: 0, errors: 0 });
  });

  it.concurrent('loses and doubles nothing when nats-server is killed and comes back', async () => {
    const verdict = await sendThrough(({ signal }) => signal('server', 'SIGKILL'));
    expect(verdict).toMatchObject({ lost: [], handledTwice: [], uninvited: [] });
  });
});

import { describe, expect, it } from 'vitest';
import { desiredStreams } from '#operator/streams/desired.ts';
import { createStreamsKeeper, streamsFinding } from '#operator/streams/keeper.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { webhook } from '#test/support/webhook.ts';

const OF = { namespace: 'crm', uid: 'u1' };

describe('streams', () => {
  it('that cannot be looked at are asked for again in every pass', async () => {
    const asked: string[] = [];
    const keeper = createStreamsKeeper(
      {
        of: async (namespace) => {
          asked.push(namespace);
          return { kind: 'away', message: 'NATS is not reached' };
        },
      },
      createFakeClock(),
    );
    const desired = desiredStreams(webhook(), streamFacts());
    for (let pass = 0; pass < 2; pass += 1) {
      expect(await keeper.bring(OF, desired)).toEqual({ kind: 'away', message: 'NATS is not reached' });
    }
    expect(asked).toEqual(['crm', 'crm']);
  });

  it('are away where nobody can say how to reach them', async () => {
    const keeper = createStreamsKeeper({ of: () => Promise.reject(new Error('no account')) }, createFakeClock());
    expect(await keeper.bring(OF, desiredStreams(webhook(), streamFacts()))).toEqual({
      kind: 'away',
      message: 'NATS cannot be reached: no account',
    });
  });

  it.each([
    [{ kind: 'ready' }, { status: 'True', reason: 'Reconciled' }],
    [
      { kind: 'away', message: 'why' },
      { status: 'False', reason: 'NatsUnavailable', message: 'why' },
    ],
    [
      { kind: 'unsupported', message: 'why' },
      { status: 'False', reason: 'UnsupportedServer', message: 'why' },
    ],
    [
      {
        kind: 'refused',
        refusals: [
          { object: 'stream a', field: 'storage', reason: 'it is memory', remedy: 'remove it' },
          { object: 'consumer b', field: '', reason: 'no room', remedy: 'make some' },
        ],
      },
      {
        status: 'False',
        reason: 'Refused',
        message: 'stream a, storage: it is memory: remove it; consumer b: no room: make some',
      },
    ],
  ] as const)('are reported as they are: $0.kind', (state, finding) => {
    expect(streamsFinding(state)).toMatchObject({ type: 'StreamsReady', ...finding });
  });
});

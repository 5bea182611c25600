import { describe, expect, it } from 'vitest';
import { dueInMs, settle } from '#operator/settle.ts';
import { webhook } from '#test/support/webhook.ts';

const READY = { kind: 'ready' } as const;
const DONE = { kind: 'done' } as const;
const SHARED = { kind: 'shared', creds: null } as const;
const unapplied = (kind: 'taken' | 'failed', message = kind as string) => ({
  part: 'receiver' as const,
  kind,
  error: new Error(message),
});

describe('a whole pass', () => {
  it('that did well looks again when a Secret is due', () => {
    expect(settle({ streams: READY, users: DONE, unapplied: [], dueInMs: 250_000 })).toMatchObject({
      kind: 'requeue',
      afterMs: 250_000,
    });
  });

  it.each([{ kind: 'refused', refusals: [] } as const, { kind: 'unsupported', message: 'too old' } as const])(
    'is not tried again sooner for what a person has to change: $kind',
    (streams) => {
      expect(settle({ streams, users: DONE, unapplied: [], dueInMs: 250_000 })).toMatchObject({
        kind: 'requeue',
        afterMs: 250_000,
      });
    },
  );

  it('is tried again, later with each failure, where NATS is away or an object was not taken', () => {
    const away = { kind: 'away', message: 'NATS is not reached' } as const;
    expect(settle({ streams: away, users: DONE, unapplied: [], dueInMs: 1 })).toMatchObject({
      kind: 'failed',
      error: { message: 'NATS is not reached' },
    });
    expect(settle({ streams: READY, users: away, unapplied: [], dueInMs: 1 })).toMatchObject({
      kind: 'failed',
      error: { message: 'NATS is not reached' },
    });
    const both = [unapplied('taken'), unapplied('failed', 'refused')];
    expect(settle({ streams: READY, users: DONE, unapplied: both, dueInMs: 1 })).toMatchObject({
      kind: 'failed',
      error: { message: 'refused' },
    });
  });

  it.each([
    [250_000, 5_000],
    [3_000, 3_000],
  ])(
    'looks within five seconds whether a name that is taken is free: with %i ms to go after %i',
    (dueInMs, afterMs) => {
      expect(settle({ streams: READY, users: DONE, unapplied: [unapplied('taken')], dueInMs })).toMatchObject({
        kind: 'requeue',
        afterMs,
      });
    },
  );

  it('asks for the Secrets that the resource names, in its namespace', () => {
    const asked: string[] = [];
    const secrets = {
      dueInMs: (namespace: string, wanted: readonly { name: string; key: string }[]) => {
        asked.push(...wanted.map(({ name, key }) => `${namespace}/${name} ${key}`));
        return 7_000;
      },
    };
    expect(dueInMs(webhook(), { secrets, facts: { access: SHARED }, uid: 'u1', nowMs: 0 })).toBe(7_000);
    expect(asked).toEqual(['crm/intercom-support client-secret']);
  });
});

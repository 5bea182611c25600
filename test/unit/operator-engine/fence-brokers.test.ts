import { expect, it } from 'vitest';
import { fenceBrokers } from '#operator/leader/fence.ts';

const DONE = { kind: 'done' } as const;

it('lets nobody change anything in NATS who does not lead at that moment', async () => {
  const asked: string[] = [];
  const note = (what: string) => async () => {
    asked.push(what);
    return DONE;
  };
  const of = async () => {
    asked.push('of');
    return { kind: 'away', message: 'NATS is away' } as const;
  };
  let isLeading = true;
  const leadership = { isHeld: () => isLeading, signal: new AbortController().signal };
  const fenced = fenceBrokers(
    { of, admit: note('admit'), revoke: note('revoke'), close: async () => undefined },
    leadership,
  );
  const all = () => Promise.all([fenced.of('crm'), fenced.admit('crm', ['U']), fenced.revoke('crm', ['U'])]);
  expect(await all()).toEqual([{ kind: 'away', message: 'NATS is away' }, DONE, DONE]);
  isLeading = false;
  const away = { kind: 'away', message: 'no longer the leader' };
  expect(await all()).toEqual([away, away, away]);
  expect(asked).toEqual(['of', 'admit', 'revoke']);
});

import { describe, expect, it } from 'vitest';
import type { Item } from '#services/simulator/bodies/scene.ts';
import type { ConversationItem } from '#services/simulator/rest/conversation.ts';
import { type ConversationBounds, createConversations } from '#services/simulator/rest/conversations.ts';
import { judgeReply } from '#services/simulator/rest/reply.ts';
import { adminComment, CONTACT, conversation, item, itemWithParts, userComment } from './sample.ts';

const APP = 'abc12345';
const AT_MS = 1_734_537_600_123;

function started(bounds: Partial<ConversationBounds> = {}) {
  const conversations = createConversations({ maxConversations: 3, maxReplies: 3, maxReplyBytes: 100, ...bounds });
  return {
    ...conversations,
    tell: (id: string, told: Item, topic = 'conversation.user.replied') =>
      conversations.notified(APP, id, () => ({ topic, item: told })),
    say: (id: string, document: unknown = adminComment) => {
      const verdict = judgeReply(document, conversations.find(APP, id) ?? conversation());
      if (verdict.kind === 'refused') throw new Error(verdict.refusal.kind);
      return conversations.reply({ appId: APP, conversation: id, reply: verdict.reply, atMs: AT_MS, answer: 200 });
    },
  };
}

const partIds = (now: ConversationItem | null) => now?.conversation_parts.conversation_parts.map(({ id }) => id);

describe('conversations', () => {
  it('are known once a notification was about them, in their workspace only', () => {
    const { tell, find } = started();
    expect(find(APP, '524')).toBeNull();
    tell('524', item());
    expect(find(APP, '524')).toMatchObject({ type: 'conversation', id: '524', source: { body: '<p>Hello</p>' } });
    expect(find('other', '524')).toBeNull();
  });

  it('make what a notification says only when somebody asks, and once', () => {
    const { notified, find } = started();
    let made = 0;
    notified(APP, '524', () => {
      made += 1;
      return { topic: 'conversation.user.created', item: item() };
    });
    expect(made).toBe(0);
    find(APP, '524');
    find(APP, '524');
    expect(made).toBe(1);
  });

  it('have the parts of all notifications and replies in order, and the state of the last', () => {
    const { tell, say, find } = started();
    tell('524', item(), 'conversation.user.created');
    tell('524', itemWithParts('11'));
    const reply = partIds(say('524'))?.[1];
    tell('524', { ...itemWithParts('12'), state: 'closed', open: false }, 'conversation.admin.closed');
    const now = find(APP, '524');
    expect(partIds(now)).toEqual(['11', reply, '12']);
    expect(now).toMatchObject({ state: 'closed', conversation_parts: { total_count: 3 } });
    expect(now?.statistics).toMatchObject({ count_conversation_parts: 3 });
  });

  it('tell the times of the statistics in unix seconds, as the REST API does', () => {
    const { tell, find } = started();
    tell('524', item());
    expect(find(APP, '524')?.statistics).toMatchObject({ first_contact_reply_at: 1_734_537_559, first_close_at: null });
  });

  it('give the latest 500 parts, and count all', () => {
    const { tell, find } = started();
    const ids = Array.from({ length: 520 }, (_, at) => String(at));
    for (const id of ids) tell('524', itemWithParts(id));
    expect(partIds(find(APP, '524'))).toEqual(ids.slice(20));
    expect(find(APP, '524')).toMatchObject({ conversation_parts: { total_count: 520 } });
  });

  it('are gone when a notification says they were deleted', () => {
    const { tell, find } = started();
    tell('524', item());
    tell('524', { type: 'conversation', conversation_id: '524' }, 'conversation.deleted');
    expect(find(APP, '524')).toBeNull();
  });

  it('stay as they were when a notification holds something else', () => {
    const { tell, find } = started();
    tell('524', item());
    tell('524', { conversation: { model: {} }, contact: {} }, 'conversation.contact.attached');
    expect(find(APP, '524')).toMatchObject({ id: '524' });
  });

  it('are forgotten when too many others were busy since', () => {
    const { tell, find } = started();
    for (const id of ['1', '2', '3', '1', '4']) tell(id, item({ id }));
    expect(['1', '2', '3', '4'].filter((id) => find(APP, id) === null)).toEqual(['2']);
  });
});

describe('a reply', () => {
  it('ends the waiting when a teammate comments, not when they note; a contact waits again and reopens', () => {
    const { tell, say } = started();
    tell('524', item({ state: 'closed', open: false }));
    const nowS = Math.floor(AT_MS / 1000);
    expect(say('524', { ...adminComment, message_type: 'note' })).toMatchObject({
      waiting_since: 1_734_537_559,
      updated_at: nowS,
      state: 'closed',
    });
    expect(say('524')).toMatchObject({ waiting_since: null, state: 'closed', open: false });
    expect(say('524', userComment)).toMatchObject({ waiting_since: nowS, state: 'open', open: true });
  });

  it('is made twice when it is sent twice', () => {
    const { tell, say, find, replies } = started();
    tell('524', item());
    say('524');
    say('524');
    const ids = partIds(find(APP, '524')) ?? [];
    expect(new Set(ids).size).toBe(2);
    expect([...replies()].map(({ part }) => part)).toEqual(ids);
  });

  it('is on record as it was sent', () => {
    const { tell, say, replies } = started();
    tell('524', item());
    say('524', userComment);
    expect([...replies()]).toEqual([
      {
        appId: APP,
        conversation: '524',
        part: expect.stringMatching(/^\d{16}$/),
        messageType: 'comment',
        author: { type: 'user', id: CONTACT.id },
        body: 'Thanks again :)',
        atMs: AT_MS,
        answer: 200,
      },
    ]);
  });

  it('is not made where there is no conversation', () => {
    const { say, replies } = started();
    expect(say('524')).toBeNull();
    expect([...replies()]).toEqual([]);
  });

  it.each([
    { bound: 'number', bounds: { maxReplies: 2 } },
    { bound: 'size', bounds: { maxReplyBytes: 15 } },
  ])('is not made beyond the $bound that may be remembered', ({ bounds }) => {
    const { tell, say, find, replies } = started(bounds);
    tell('524', item());
    say('524');
    say('524');
    expect(say('524')).toBeNull();
    expect([...replies()]).toHaveLength(2);
    expect(partIds(find(APP, '524'))).toHaveLength(2);
  });

  it('has an id that may be read as a number', () => {
    const { tell, say } = started();
    tell('524', item());
    expect(Number.isSafeInteger(Number(partIds(say('524'))?.[0]))).toBe(true);
  });
});

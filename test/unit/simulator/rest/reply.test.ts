import { describe, expect, it } from 'vitest';
import { ADMIN } from '#services/simulator/bodies/people.ts';
import type { Refusal } from '#services/simulator/rest/refusal.ts';
import { judgeReply, type Reply, replyPart } from '#services/simulator/rest/reply.ts';
import { adminComment, CONTACT, conversation, userComment } from './sample.ts';

const NOW_S = 1_734_537_600;

function accepted(document: unknown, fields?: Parameters<typeof conversation>[0]): Reply {
  const verdict = judgeReply(document, conversation(fields));
  if (verdict.kind === 'refused') throw new Error(verdict.refusal.kind);
  return verdict.reply;
}

const missing = (parameter: string): Refusal => ({ kind: 'parameter-missing', parameter });
const invalid = (parameter: string): Refusal => ({ kind: 'parameter-invalid', parameter });
const noOption = (parameter: string): Refusal => ({ kind: 'no-such-option', parameter });

const refusedOnes: readonly { what: string; document: unknown; refusal: Refusal }[] = [
  { what: 'nothing', document: undefined, refusal: missing('type') },
  { what: 'an empty object', document: {}, refusal: missing('type') },
  { what: 'a list', document: [adminComment], refusal: { kind: 'unreadable' } },
  { what: 'a text', document: 'Thanks!', refusal: { kind: 'unreadable' } },
  { what: 'a type nobody has', document: { ...adminComment, type: 'bot' }, refusal: noOption('type') },
  { what: 'no message type', document: { ...adminComment, message_type: undefined }, refusal: missing('message_type') },
  { what: 'a close', document: { ...adminComment, message_type: 'close' }, refusal: noOption('message_type') },
  { what: "a contact's note", document: { ...userComment, message_type: 'note' }, refusal: noOption('message_type') },
  { what: 'no admin', document: { ...adminComment, admin_id: undefined }, refusal: missing('admin_id') },
  { what: 'an admin of no type', document: { ...adminComment, admin_id: { id: 1 } }, refusal: invalid('admin_id') },
  {
    what: 'an admin who is not there',
    document: { ...adminComment, admin_id: '1' },
    refusal: { kind: 'unknown-admin' },
  },
  { what: 'no body', document: { ...adminComment, body: undefined }, refusal: missing('body') },
  { what: 'an empty body', document: { ...adminComment, body: '' }, refusal: missing('body') },
  { what: 'a null body', document: { ...userComment, body: null }, refusal: missing('body') },
  { what: 'a body of another type', document: { ...adminComment, body: 7 }, refusal: invalid('body') },
  { what: 'a date in words', document: { ...adminComment, created_at: 'today' }, refusal: invalid('created_at') },
  {
    what: 'a contact of no name',
    document: { ...userComment, intercom_user_id: undefined },
    refusal: { kind: 'unknown-contact' },
  },
  {
    what: 'a contact of another conversation',
    document: { ...userComment, intercom_user_id: 'f'.repeat(24) },
    refusal: { kind: 'unknown-contact' },
  },
];

describe('judgeReply', () => {
  it.each(refusedOnes)('refuses $what', ({ document, refusal }) => {
    expect(judgeReply(document, conversation())).toEqual({ kind: 'refused', refusal });
  });

  it.each([ADMIN.id, Number(ADMIN.id)])('accepts a teammate who is named %j', (admin_id) => {
    expect(accepted({ ...adminComment, admin_id })).toEqual({
      messageType: 'comment',
      author: { type: 'admin', id: ADMIN.id, name: ADMIN.name, email: ADMIN.email },
      body: 'Thanks!',
      createdAtS: null,
    });
  });

  it('accepts a note, fields it does not know, and a date', () => {
    const reply = accepted({
      ...adminComment,
      message_type: 'note',
      skip_notifications: true,
      created_at: 1_590_000_000,
    });
    expect(reply).toMatchObject({ messageType: 'note', createdAtS: 1_590_000_000 });
  });

  it.each([{ intercom_user_id: CONTACT.id }, { user_id: CONTACT.external_id }, { email: CONTACT.email }])(
    'recognises the contact by %j',
    (identifier) => {
      const { intercom_user_id: _, ...rest } = userComment;
      expect(accepted({ ...rest, ...identifier }).author).toEqual({
        type: 'user',
        id: CONTACT.id,
        name: CONTACT.name,
        email: CONTACT.email,
      });
    },
  );

  it('does not take the teammate who began a conversation for its contact', () => {
    const source = { author: { type: 'admin', id: ADMIN.id, name: ADMIN.name, email: ADMIN.email } };
    expect(accepted(userComment, { source }).author).toEqual({ type: 'user', id: CONTACT.id, name: null, email: '' });
    const byTheirEmail = { ...userComment, intercom_user_id: undefined, email: ADMIN.email };
    expect(judgeReply(byTheirEmail, conversation({ source }))).toMatchObject({ refusal: { kind: 'unknown-contact' } });
  });
});

describe('replyPart', () => {
  const part = (document: unknown, fields?: Parameters<typeof conversation>[0]) =>
    replyPart(accepted(document, fields), '77', conversation(fields), NOW_S);

  it('puts plain words into a paragraph and leaves HTML as it is', () => {
    expect(part(adminComment)).toMatchObject({ id: '77', part_type: 'comment', body: '<p>Thanks!</p>' });
    const html = '<h2>List</h2><ul><li>Tea</li></ul>';
    expect(part({ ...adminComment, message_type: 'note', body: html })).toMatchObject({
      part_type: 'note',
      body: html,
    });
  });

  it('is dated by the sender where they say so', () => {
    expect(part(adminComment)).toMatchObject({ created_at: NOW_S, updated_at: NOW_S });
    expect(part({ ...adminComment, created_at: 5 })).toMatchObject({ created_at: 5, updated_at: NOW_S });
  });

  it('says that it came by the API', () => {
    expect(part(adminComment)).toMatchObject({ app_package_code: expect.any(String) });
  });

  it('opens a closed conversation when a contact writes, not when a teammate does', () => {
    expect(part(userComment)).toMatchObject({ part_type: 'comment', state: 'open' });
    expect(part(userComment, { state: 'closed' })).toMatchObject({ part_type: 'open', state: 'open' });
    expect(part(adminComment, { state: 'closed' })).toMatchObject({ part_type: 'comment', state: 'closed' });
  });
});

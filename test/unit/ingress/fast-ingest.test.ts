import { headers, type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { readReply, replySubject } from '#services/ingress/fast-ingest.ts';

const reply = (text: string, hdrs?: MsgHdrs) => ({ data: Buffer.from(text), ...(hdrs && { headers: hdrs }) });
const NO_RESPONDERS = MsgHdrsImpl.decode(Buffer.from('NATS/1.0 503\r\n\r\n'));

describe('reply subjects', () => {
  it('are plain for a message alone', () => {
    expect(replySubject('_INBOX.x.1', 0, 1)).toBe('_INBOX.x.1');
  });

  it('number the messages of a group, and say which starts and which commits it', () => {
    expect([0, 1, 2].map((index) => replySubject('in', index, 3))).toEqual([
      'in.500.fail.1.0.$FI',
      'in.500.fail.2.1.$FI',
      'in.500.fail.3.2.$FI',
    ]);
    expect(replySubject('in', 1, 2)).toBe('in.500.fail.2.2.$FI');
  });
});

describe('a reply to a group', () => {
  it.each([
    ['a PubAck', 1, '{"stream":"E","seq":4}', 'stored'],
    ['a PubAck of a duplicate', 1, '{"stream":"E","seq":4,"duplicate":true}', 'stored'],
    ['a PubAck that counts all', 3, '{"stream":"E","seq":9,"batch":"b","count":3}', 'stored'],
    ['a PubAck that counts all, duplicates only', 3, '{"stream":"E","seq":0,"batch":"b","count":3}', 'stored'],
    ['a PubAck that counts fewer', 3, '{"stream":"E","seq":9,"batch":"b","count":2}', 'in-doubt'],
    ['a PubAck without a count', 3, '{"stream":"E","seq":9}', 'in-doubt'],
    ['an error', 1, '{"stream":"E","error":{"code":400,"description":"full"},"seq":0}', 'in-doubt'],
    ['an error with a count', 3, '{"stream":"E","error":{"code":400},"seq":9,"batch":"b","count":3}', 'in-doubt'],
    ['an error on its way', 3, '{"type":"err","seq":2,"error":{"description":"full"}}', 'in-doubt'],
    ['a gap', 3, '{"type":"gap","last_seq":1,"seq":3}', 'in-doubt'],
    ['a report of progress', 3, '{"type":"ack","seq":1,"msgs":500}', 'progress'],
    ['something of another kind', 3, '{"type":"news"}', 'in-doubt'],
    ['no JSON', 1, '+OK', 'in-doubt'],
    ['a null', 1, 'null', 'in-doubt'],
    ['nothing', 1, '', 'in-doubt'],
  ])('%s (group of %i)', (_, size, text, kind) => {
    expect(readReply(reply(text), size)).toBe(kind);
  });

  it('that nobody is there to store it leaves it in doubt', () => {
    expect(readReply(reply('', NO_RESPONDERS), 2)).toBe('in-doubt');
    expect(readReply(reply('{"stream":"E","seq":4}', headers()), 1)).toBe('stored');
  });
});

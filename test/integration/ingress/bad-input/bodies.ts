import { deflateSync, gzipSync } from 'node:zlib';
import { notification, sign } from '../setup.ts';
import { type BadInput, body, bytesOf, message, PLANTED } from './row.ts';

export const MEBIBYTE = 1_048_576;

/** Signed, and no notification: kept as it came. */
const unreadable = (name: string, text: Buffer | string, headers: readonly string[] = []): BadInput => ({
  name: `body: ${name}`,
  bytes: message({ body: text, headers }),
  answers: ['unreadable 200'],
  connection: 'kept',
  deadLetters: [bytesOf(text)],
});

const stored = (name: string, text: Buffer | string, headers: readonly string[] = []): BadInput => ({
  name: `body: ${name}`,
  bytes: message({ body: text, headers }),
  answers: ['stored 200'],
  connection: 'kept',
  events: [bytesOf(text)],
});

const undeclared = (row: BadInput): BadInput => ({ ...row, answers: ['stored_undeclared 200'] });

const ping = (name: string, text: string): BadInput => ({
  name: `body: ${name}`,
  bytes: message({ body: text }),
  answers: ['ping 200'],
  connection: 'kept',
});

/** `item` as text: what JSON.stringify would not write. */
const withItem = (id: string, item: string): string =>
  body(id, { data: { item: 'here' } }).replace('"here"', () => item);

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const gzipped = gzipSync(body('gzip'));

export const BODIES: readonly BadInput[] = [
  unreadable('empty', ''),
  unreadable('spaces', '   '),
  unreadable('null', 'null'),
  unreadable('a list', '[]'),
  unreadable('a list of notifications', `[${body('listed')}]`),
  unreadable('a string', '"x"'),
  unreadable('a string that holds a notification', JSON.stringify(body('quoted'))),
  unreadable('a number', '1e999'),
  unreadable('no JSON', `${PLANTED} wrote`),
  unreadable('half a notification', body('half').slice(0, -1)),
  unreadable('two notifications', `${body('one')}${body('two')}`),
  unreadable('a comma too many', body('comma').replace(/\}$/, ',}')),
  unreadable('single quotes', "{'topic':'a'}"),
  unreadable('not a number', '{"topic":"a","x":NaN}'),
  unreadable('a line break in a string', '{"topic":"a\nb"}'),
  unreadable('a NUL behind it', `${body('nul')}\0`),
  unreadable('a form', 'topic=ping&id=1', ['Content-Type: application/x-www-form-urlencoded']),
  unreadable('a byte order mark before it', `\ufeff${body('mark')}`),
  unreadable('UTF-16', Buffer.from(body('utf-16'), 'utf16le')),
  unreadable('random bytes', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))),
  unreadable('no topic', `{"id":"no topic","from":"${PLANTED}"}`),
  unreadable('a topic that is a list', '{"topic":["ping"]}'),
  unreadable('a topic in the prototype', '{"__proto__":{"topic":"ping"},"constructor":{"prototype":{"topic":"ping"}}}'),
  unreadable('nothing, after prototypes were named', '{}'),
  unreadable('1 MiB of opening brackets', '['.repeat(MEBIBYTE)),
  unreadable('half a million lists in each other', nested(MEBIBYTE / 2)),
  unreadable('gzip, its bytes signed', gzipped, ['Content-Encoding: gzip']),
  unreadable('deflate, its bytes signed', deflateSync(body('deflate')), ['Content-Encoding: deflate']),
  {
    name: 'body: gzip, signed before',
    bytes: message({ body: gzipped, signatures: [sign(body('gzip'))], headers: ['Content-Encoding: gzip'] }),
    answers: ['signature_wrong 401'],
    connection: 'kept',
  },
  stored('said to be gzip, and is not', body('not gzip'), ['Content-Encoding: gzip']),
  stored('said to be several encodings', body('encodings'), ['Content-Encoding: gzip, br, x', 'TE: trailers']),
  stored('exactly 1 MiB', body('exact').padEnd(MEBIBYTE, ' ')),
  stored('nested 10 000 deep', withItem('deep', nested(10_000))),
  stored('500 000 deep', withItem('deepest', nested(500_000))),
  stored('objects nested 10 000 deep', withItem('deep objects', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`)),
  stored('100 000 contacts', withItem('many', `[${'{"type":"contact","id":"1"},'.repeat(35_000)}0]`)),
  stored('id null', body('null id', { id: null })),
  stored('id false', body('false id', { id: false })),
  stored('id a number', body('number id', { id: 4_711 })),
  stored('id a number beyond the exact ones', body('large id').replace('"large id"', '9007199254740993')),
  stored('id an object', body('object id', { id: { $ne: null } })),
  stored('id empty', body('empty id', { id: '' })),
  stored('id of 10 kB', body('long id', { id: 'x'.repeat(10_240) })),
  stored('id of 256 half surrogate pairs', body('half pairs', { id: '\ud800'.repeat(256) })),
  stored('id with NUL, line breaks and a header', body('id', { id: '\0\r\nNats-Rollup: all\r\n\r\n' })),
  stored('workspace of 10 kB', body('long workspace', { app_id: 'x'.repeat(10_240) })),
  stored('workspace with colons and wildcards', body('workspace', { app_id: ':*.>' })),
  stored(
    'times and counts beyond numbers',
    body('times', { created_at: 1, delivery_attempts: 2 }).replace(/:[12],/g, ':1e999,'),
  ),
  stored('negative counts', body('negative', { created_at: -1, delivery_attempts: -9e15 })),
  stored(
    'prototypes named',
    withItem('prototypes', '{"__proto__":{"id":"1","type":"ping"},"constructor":{"prototype":{"topic":"ping"}}}'),
  ),
  stored('__proto__ instead of data', body('own prototype', { data: null }).replace('"data"', '"__proto__"')),
  stored('the same key twice: the last counts', body('twice').replace('{', '{"topic":"ping","id":"first",')),
  stored('escaped half surrogate pairs', withItem('halves', '{"type":"\\ud800","id":"\\udfff"}')),
  stored('bytes that are no UTF-8 in a string', invalidUtf8('invalid utf-8')),
  undeclared(
    stored('a topic that would leave its place', body('topic', { topic: '..*.>.\r\n $JS.API.STREAM.DELETE.x' })),
  ),
  undeclared(stored('a topic of a prototype', body('topic of a prototype', { topic: '__proto__' }))),
  ping('the same key twice: the last is a ping', body('twice').replace(/\}$/, ',"topic":"ping"}')),
  ping('a ping with everything else odd', '{"topic":"ping","id":{},"app_id":[],"data":"x","created_at":"soon"}'),
  ping('a ping nested 10 000 deep', `{"topic":"ping","data":${nested(10_000)}}`),
  {
    name: 'body: an unsigned ping',
    bytes: message({ body: notification({ topic: 'ping', id: null }), signatures: [] }),
    answers: ['ping_unsigned 200'],
    connection: 'kept',
  },
  {
    name: 'body: unsigned, the first topic a ping and the last not',
    bytes: message({ body: body('unsigned').replace('{', '{"topic":"ping",'), signatures: [] }),
    answers: ['signature_missing 401'],
    connection: 'kept',
  },
];

/** A string with bytes that no UTF-8 has: a lone continuation, an overlong slash, half a pair, one beyond Unicode. */
function invalidUtf8(id: string): Buffer {
  const [before = '', after = ''] = body(id, { note: 'here' }).split('here');
  const bytes = Buffer.from('80c0afeda080f4908080ff', 'hex');
  return Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
}

import { sign } from '../setup.ts';
import { MEBIBYTE } from './bodies.ts';
import { type BadInput, body, bytesOf, chunked, message } from './row.ts';

/** What an attacker would have taken for a request of its own: signed, so that it would be stored. */
const SMUGGLED = message({ body: body('smuggled') }).toString();
const CHUNKED = 'Transfer-Encoding: chunked';

type Row = readonly [name: string, framing: readonly string[], rest: string];

/** Two readers could see two different ends of the body: refused, and the connection is not used again. */
const AMBIGUOUS: readonly Row[] = [
  ['the same length twice', ['Content-Length: 2', 'Content-Length: 2'], `{}${SMUGGLED}`],
  ['two lengths', ['Content-Length: 2', 'Content-Length: 200'], `{}${SMUGGLED}`],
  ['two lengths in one header', ['Content-Length: 2, 2'], `{}${SMUGGLED}`],
  ['a length and chunks', ['Content-Length: 5', CHUNKED], `0\r\n\r\n${SMUGGLED}`],
  ['chunks and a length', [CHUNKED, 'Content-Length: 5'], `0\r\n\r\n${SMUGGLED}`],
  [
    'chunks, and a length that covers them',
    [CHUNKED, `Content-Length: ${SMUGGLED.length + 5}`],
    `0\r\n\r\n${SMUGGLED}`,
  ],
  ['a length with a sign', ['Content-Length: +2'], `{}${SMUGGLED}`],
  ['a negative length', ['Content-Length: -2'], `{}${SMUGGLED}`],
  ['a hexadecimal length', ['Content-Length: 0x2'], `{}${SMUGGLED}`],
  ['a length with a point', ['Content-Length: 2.0'], `{}${SMUGGLED}`],
  ['a length of 2^64', ['Content-Length: 18446744073709551616'], `{}${SMUGGLED}`],
  ['an empty length', ['Content-Length:'], `{}${SMUGGLED}`],
  ['a length in words', ['Content-Length: two'], `{}${SMUGGLED}`],
  ['a space before the colon of a length', ['Content-Length : 2'], `{}${SMUGGLED}`],
  ['a space before the colon of chunks', ['Transfer-Encoding : chunked'], `0\r\n\r\n${SMUGGLED}`],
  ['chunks twice', [CHUNKED, CHUNKED], `0\r\n\r\n${SMUGGLED}`],
  ['chunks, then not', [CHUNKED, 'Transfer-Encoding: identity'], `0\r\n\r\n${SMUGGLED}`],
  ['chunks, then gzip', ['Transfer-Encoding: chunked, gzip'], `0\r\n\r\n${SMUGGLED}`],
  ['an encoding that does not exist', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`],
  ['an encoding without an end', ['Transfer-Encoding: gzip'], SMUGGLED],
  ['chunks behind a vertical tab', ['Transfer-Encoding: \u000bchunked'], `0\r\n\r\n${SMUGGLED}`],
  ['a line that goes on', [' Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
  ['a line end without CR', ['X: y\nTransfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
  ['a line end without LF', ['X: y\rTransfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
  ['a chunk of 2^64 bytes', [CHUNKED], `10000000000000000\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  ['a chunk of a negative size', [CHUNKED], `-2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  ['a chunk of a size with 0x', [CHUNKED], `0x2\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  ['a chunk shorter than its size', [CHUNKED], `3\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  ['a chunk longer than its size', [CHUNKED], `1\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  ['chunk lines without CR', [CHUNKED], `2\n{}\n0\n\n${SMUGGLED}`],
  ['20 kB behind the size of a chunk', [CHUNKED], `2;x=${'y'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n${SMUGGLED}`],
  ['a length in the trailer', [CHUNKED], `2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n${SMUGGLED}`],
];

const EXACT = body('one chunk too many').padEnd(MEBIBYTE, ' ');
const PARTS = body('in chunks');
const MANY = Array.from({ length: 50 }, (_, i) => body(`pipelined ${i}`));
const forged = (text: string): Buffer => message({ body: text, signatures: [sign(`${text} `)] });

const inChunks = (id: string, rest: (text: string) => string): BadInput => {
  const text = body(id);
  const head = message({ signatures: [sign(text)], framing: [CHUNKED] });
  const bytes = Buffer.concat([head, Buffer.from(rest(text))]);
  return { name: `framing: ${id}`, bytes, answers: ['stored 200'], connection: 'kept', events: [bytesOf(text)] };
};

export const FRAMING: readonly BadInput[] = [
  ...AMBIGUOUS.map(
    ([name, framing, rest]): BadInput => ({
      name: `framing: ${name}`,
      bytes: message({ signatures: [sign('{}')], framing, body: rest }),
      answers: ['bad_request 400'],
      connection: 'closed',
    }),
  ),
  inChunks('chunks', (text) => chunked([text])),
  inChunks('a chunk for every byte', (text) => chunked(text.split(''))),
  inChunks('chunks with leading zeros, extensions and trailers', (text) =>
    chunked([text], ['X-Hub-Signature: x', 'Host: other']).replace(/^/, '0000').replace('\r\n', ';a=b;c="d"\r\n'),
  ),
  {
    name: 'framing: 1 MiB + 1, announced',
    bytes: message({ framing: [`Content-Length: ${MEBIBYTE + 1}`] }),
    answers: ['too_large 413'],
    connection: 'closed',
  },
  {
    name: 'framing: more than any number holds exactly, announced',
    bytes: message({ framing: ['Content-Length: 9007199254740993'] }),
    answers: ['too_large 413'],
    connection: 'closed',
  },
  {
    name: 'framing: 1 MiB + 1, in chunks',
    bytes: message({ signatures: [sign(`${EXACT} `)], framing: [CHUNKED], body: chunked([EXACT, ' ']) }),
    answers: ['too_large 413'],
    connection: 'closed',
  },
  {
    name: 'framing: 1 MiB + 1, announced to a sender that waits to be asked for it',
    bytes: message({ framing: [`Content-Length: ${MEBIBYTE + 1}`, 'Expect: 100-continue'] }),
    answers: ['too_large 413'],
    connection: 'closed',
  },
  {
    name: 'framing: a body that is not waited for before it is sent',
    bytes: message({ body: PARTS, headers: ['Expect: 100-continue'] }),
    answers: ['stored 200'],
    connection: 'kept',
    events: [bytesOf(PARTS)],
  },
  {
    name: 'framing: no length, so no body',
    bytes: message({ signatures: [sign(PARTS)], framing: [] }),
    answers: ['signature_wrong 401'],
    connection: 'kept',
  },
  {
    name: 'framing: a signed request inside the body of a forged one',
    bytes: message({ body: SMUGGLED, signatures: [sign('')] }),
    answers: ['signature_wrong 401'],
    connection: 'kept',
  },
  {
    name: 'framing: requests at once, every second forged',
    bytes: Buffer.concat(MANY.map((text, i) => (i % 2 === 0 ? message({ body: text }) : forged(text)))),
    answers: MANY.map((_, i) => (i % 2 === 0 ? 'stored 200' : 'signature_wrong 401')),
    connection: 'kept',
    events: MANY.filter((_, i) => i % 2 === 0).map(bytesOf),
  },
  {
    name: 'framing: empty lines before a request',
    bytes: Buffer.concat([Buffer.from('\r\n\r\n\r\n'), message({ body: body('empty lines') })]),
    answers: ['stored 200'],
    connection: 'kept',
    events: [bytesOf(body('empty lines'))],
  },
];

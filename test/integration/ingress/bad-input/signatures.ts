import { createHmac } from 'node:crypto';
import { notification, SECRET, sign } from '../setup.ts';
import { type BadInput, body, bytesOf, message, PLANTED } from './row.ts';

const BODY = body('signature');
const GOOD = sign(BODY);
const DIGITS = GOOD.slice('sha1='.length);

type Row = readonly [name: string, signatures: readonly string[], verdict: 'missing' | 'malformed' | 'wrong'];

const REFUSED: readonly Row[] = [
  ['no signature', [], 'missing'],
  ['an empty signature', [''], 'missing'],
  ['a signature of spaces', ['   '], 'missing'],
  ['only the name of the method', ['sha1='], 'malformed'],
  ['only the digits', [DIGITS], 'malformed'],
  ['39 digits', [GOOD.slice(0, -1)], 'malformed'],
  ['41 digits', [`${GOOD}0`], 'malformed'],
  ['40 characters that are no digits', [`sha1=${'g'.repeat(40)}`], 'malformed'],
  ['digits in upper case', [`sha1=${DIGITS.toUpperCase()}`], 'malformed'],
  ['one digit in upper case', [`sha1=A${DIGITS.slice(1)}`], 'malformed'],
  ['the method in upper case', [`SHA1=${DIGITS}`], 'malformed'],
  ['SHA-256', [`sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}`], 'malformed'],
  ['SHA-256 cut to the length of SHA-1', [`sha256=${DIGITS}`], 'malformed'],
  ['Base64', [`sha1=${createHmac('sha1', SECRET).update(BODY).digest('base64')}`], 'malformed'],
  ['two equals signs', [`sha1==${DIGITS}`], 'malformed'],
  ['several equals signs', [`sha1=sha1=${DIGITS}==`], 'malformed'],
  ['an equals sign behind', [`${GOOD}=`], 'malformed'],
  ['a space inside', [`sha1= ${DIGITS}`], 'malformed'],
  ['quotation marks', [`"${GOOD}"`], 'malformed'],
  ['two signatures in one header', [`${GOOD},${GOOD}`], 'malformed'],
  ['the right header twice', [GOOD, GOOD], 'malformed'],
  ['a wrong header, then the right one', [`sha1=${'0'.repeat(40)}`, GOOD], 'malformed'],
  ['the right header, then an empty one', [GOOD, ''], 'malformed'],
  ['a hundred headers', Array.from({ length: 100 }, () => GOOD), 'malformed'],
  ['10 kB', [`sha1=${'0'.repeat(10_000)}`], 'malformed'],
  ['bytes that are no ASCII', [`sha1=${'é'.repeat(20)}`], 'malformed'],
  ['personal data', [PLANTED], 'malformed'],
  ['zeros', [`sha1=${'0'.repeat(40)}`], 'wrong'],
  ['another secret', [sign(BODY, 'guessed')], 'wrong'],
  ['no secret', [sign(BODY, '')], 'wrong'],
  [
    'one digit changed',
    [`sha1=${(Number.parseInt(DIGITS.slice(0, 1), 16) ^ 1).toString(16)}${DIGITS.slice(1)}`],
    'wrong',
  ],
  ['other bytes', [sign(`${BODY} `)], 'wrong'],
  ['the same JSON, written otherwise', [sign(JSON.stringify(JSON.parse(BODY), null, 1))], 'wrong'],
  ['the empty body', [sign('')], 'wrong'],
];

const stored = (name: string, request: (text: string) => Buffer): BadInput => {
  const text = body(name);
  return { name, bytes: request(text), answers: ['stored 200'], connection: 'kept', events: [bytesOf(text)] };
};

export const SIGNATURES: readonly BadInput[] = [
  ...REFUSED.map(
    ([name, signatures, verdict]): BadInput => ({
      name: `signature: ${name}`,
      bytes: message({ body: BODY, signatures }),
      answers: [`signature_${verdict} 401`],
      connection: 'kept',
    }),
  ),
  {
    name: 'signature: none, and no body',
    bytes: message({ signatures: [] }),
    answers: ['signature_missing 401'],
    connection: 'kept',
  },
  {
    name: 'signature: under other names only',
    bytes: message({
      body: BODY,
      signatures: [],
      headers: [`X-Hub-Signature-256: ${GOOD}`, `X_Hub_Signature: ${GOOD}`, `X-Body-Signature: ${DIGITS}`],
    }),
    answers: ['signature_missing 401'],
    connection: 'kept',
  },
  {
    name: 'signature: in the trailer',
    bytes: message({
      signatures: [],
      framing: ['Transfer-Encoding: chunked', 'Trailer: X-Hub-Signature'],
      headers: [],
      body: `${Buffer.byteLength(BODY).toString(16)}\r\n${BODY}\r\n0\r\nX-Hub-Signature: ${GOOD}\r\n\r\n`,
    }),
    answers: ['signature_missing 401'],
    connection: 'kept',
  },
  {
    name: 'signature: a ping with a wrong one',
    bytes: message({ body: notification({ topic: 'ping', id: null }), signatures: [`sha1=${'0'.repeat(40)}`] }),
    answers: ['signature_wrong 401'],
    connection: 'kept',
  },
  stored('signature: white space around the right one', (text) =>
    message({ body: text, signatures: [` \t${sign(text)}\t `] }),
  ),
  stored('signature: the right one named in capitals', (text) =>
    message({ body: text, signatures: [], headers: [`X-HUB-SIGNATURE: ${sign(text)}`] }),
  ),
];

import { PATH } from '../setup.ts';
import { type BadInput, body, bytesOf, type Message, message, PLANTED } from './row.ts';

/** No request at all, or one that nobody may make: refused, and the connection is not used again. */
const NO_REQUEST: readonly (readonly [name: string, bytes: Buffer | string])[] = [
  ['a greeting', 'hello\r\n\r\n'],
  ['zeros', Buffer.alloc(1000)],
  ['a TLS hello', Buffer.concat([Buffer.from('16030100f1010000ed0303', 'hex'), Buffer.alloc(235, 7)])],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0'],
  ['a PROXY line', `PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n${message({ body: body('proxied') }).toString()}`],
  ['HTTP/1.2', message({ version: 'HTTP/1.2' })],
  ['HTTP/11', message({ version: 'HTTP/11' })],
  ['no version', `POST ${PATH} \r\nHost: a\r\n\r\n`],
  ['a method in lower case', message({ method: 'post' })],
  ['a method that does not exist', message({ method: 'FETCH' })],
  ['line ends without CR', message().toString().replaceAll('\r\n', '\n')],
  ['line ends without LF', message().toString().replaceAll('\r\n', '\r')],
  ['a space in the path', message({ target: `${PATH} x` })],
  ['a NUL in the path', message({ target: `${PATH}\0` })],
  ['bytes that are no ASCII in the path', message({ target: `${PATH}é` })],
  ['a NUL in a header', message({ headers: [`X-Name: ${PLANTED}\0`] })],
  ['a NUL in the signature', message({ signatures: [`sha1=\0${'0'.repeat(39)}`] })],
  ['a control character in a header', message({ headers: ['X-Name: \u0001'] })],
  ['a header without a name', message({ headers: [': x'] })],
  ['a header without a colon', message({ headers: [PLANTED] })],
  ['a space in the name of a header', message({ headers: ['X Name: x'] })],
  ['a NUL in the name of a header', message({ headers: ['X\0Name: x'] })],
  ['a header that goes on in the next line', message({ headers: ['X-Name: x\r\n y'] })],
];

type Answered = readonly [name: string, parts: Partial<Message>, answer: string];

const ANSWERED: readonly Answered[] = [
  ['an absolute URL', { target: `http://ingress${PATH}` }, 'not_found 404'],
  ['an absolute URL of somebody else', { target: 'http://example.com/' }, 'not_found 404'],
  ['two slashes', { target: `/${PATH}` }, 'not_found 404'],
  ['a slash behind', { target: `${PATH}/` }, 'not_found 404'],
  ['dots that lead back', { target: `/x/..${PATH}` }, 'not_found 404'],
  ['encoded dots that lead back', { target: `/x/%2e%2e${PATH}` }, 'not_found 404'],
  ['an encoded path', { target: '/%69ntercom' }, 'not_found 404'],
  ['an encoded NUL', { target: `${PATH}%00` }, 'not_found 404'],
  ['an escape that is none', { target: `${PATH}%zz` }, 'not_found 404'],
  ['half an escape', { target: `${PATH}%` }, 'not_found 404'],
  ['a fragment', { target: `${PATH}#x` }, 'not_found 404'],
  ['parameters of the path', { target: `${PATH};a=b` }, 'not_found 404'],
  ['a backslash', { target: '/\\intercom' }, 'not_found 404'],
  ['an asterisk', { target: '*' }, 'not_found 404'],
  ['a path of 10 kB', { target: `/${'x'.repeat(10_240)}` }, 'not_found 404'],
  ['the path of health', { method: 'GET', target: '/readyz' }, 'not_found 404'],
  ['the path of metrics', { method: 'GET', target: '/metrics' }, 'not_found 404'],
  ['OPTIONS on an asterisk', { method: 'OPTIONS', target: '*' }, 'not_found 404'],
  ['GET', { method: 'GET' }, 'method_not_allowed 405'],
  ['GET that would be POST', { method: 'GET', headers: ['X-HTTP-Method-Override: POST'] }, 'method_not_allowed 405'],
  ['GET with a body', { method: 'GET', body: body('of a GET') }, 'method_not_allowed 405'],
  ['TRACE', { method: 'TRACE' }, 'method_not_allowed 405'],
  [
    'a WebSocket',
    { method: 'GET', headers: ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x'] },
    'method_not_allowed 405',
  ],
  ['HEAD with a body', { method: 'HEAD', body: body('of a HEAD') }, 'probe 200'],
];

const stored = (name: string, parts: Partial<Message>, connection: BadInput['connection'] = 'kept'): BadInput => {
  const text = body(name);
  return {
    name: `request: ${name}`,
    bytes: message({ ...parts, body: text }),
    answers: ['stored 200'],
    connection,
    events: [bytesOf(text)],
  };
};

export const REQUESTS: readonly BadInput[] = [
  ...NO_REQUEST.map(
    ([name, bytes]): BadInput => ({
      name: `request: ${name}`,
      bytes: bytesOf(bytes),
      answers: ['bad_request 400'],
      connection: 'closed',
    }),
  ),
  ...ANSWERED.map(
    ([name, parts, answer]): BadInput => ({
      name: `request: ${name}`,
      bytes: message(parts),
      answers: [answer],
      connection: 'kept',
    }),
  ),
  {
    name: 'request: 200 headers',
    bytes: message({ headers: Array.from({ length: 200 }, () => 'A: b') }),
    answers: ['headers_too_large 431'],
    connection: 'closed',
  },
  {
    name: 'request: a header of 20 kB',
    bytes: message({ headers: [`X-Name: ${PLANTED.padEnd(20_480, 'x')}`] }),
    answers: ['headers_too_large 431'],
    connection: 'closed',
  },
  {
    name: 'request: no host',
    bytes: Buffer.from(
      message({ body: body('no host') })
        .toString()
        .replace('Host: ingress\r\n', ''),
    ),
    answers: ['stored 200'],
    connection: 'kept',
    events: [bytesOf(body('no host'))],
  },
  stored('an expectation that nobody knows', { headers: ['Expect: 200-ok'] }),
  {
    name: 'request: a header of 64 kB',
    bytes: message({ signatures: [`sha1=${PLANTED.padEnd(65_536, '0')}`] }),
    answers: ['headers_too_large 431'],
    connection: 'closed',
  },
  {
    name: 'request: a tunnel',
    bytes: message({ method: 'CONNECT', target: 'example.com:443' }),
    answers: [],
    connection: 'closed',
  },
  stored('HTTP/1.0', { version: 'HTTP/1.0' }, 'closed'),
  stored('HTTP/1.0 that keeps the connection', { version: 'HTTP/1.0', headers: ['Connection: keep-alive'] }),
  stored('HTTP/2.0, written as HTTP/1.1', { version: 'HTTP/2.0' }, 'closed'),
  stored('the name of another protocol', { version: 'RTSP/1.1' }),
  stored('a query', { target: `${PATH}?__proto__[x]=1&a=%zz&${PLANTED}` }),
  stored('an empty query', { target: `${PATH}?` }),
  stored('a query of 10 kB', { target: `${PATH}?${'x'.repeat(10_240)}` }),
  stored('a wish for HTTP/2', {
    headers: ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: x'],
  }),
  stored('a wish for TLS', { headers: ['Connection: Upgrade', 'Upgrade: TLS/1.2'] }),
  stored('a wish to close', { headers: ['Connection: close'] }, 'closed'),
  stored('a wish to drop the signature on the way', { headers: ['Connection: X-Hub-Signature'] }),
  stored('headers named like prototypes', { headers: ['__proto__: x', 'constructor: x', 'hasOwnProperty: x'] }),
  stored('a hundred and twenty headers', { headers: Array.from({ length: 120 }, (_, i) => `X-${i}: ${i}`) }),
  stored('headers of bytes that are no ASCII', { headers: [`X-Name: é\u0080ü ${PLANTED}`] }),
  stored('a content type of 10 kB', { headers: [`Content-Type: ${'x'.repeat(10_240)}`] }),
  stored('content types that contradict', { headers: ['Content-Type: text/xml', 'Content-Type: image/png'] }),
  stored('a version that a router could choose by', { headers: ['Accept-Version: 9.x'] }),
];

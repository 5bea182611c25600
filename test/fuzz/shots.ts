import * as fc from 'fast-check';
import { body, message, PLANTED } from '#test/integration/ingress/bad-input/row.ts';
import { sign } from '#test/integration/ingress/setup.ts';
import { type Mutation, mutate } from './mutation.ts';

/** Bytes to be sent on a connection of their own, and what is known of the answer without reading them. */
export interface Shot {
  readonly bytes: Buffer;
  /** Signed and well framed: 200. Well framed, and not signed by the secret: 401. Else anything that is allowed. */
  readonly expects: 'accepted' | 'refused' | 'anything';
}

/** What means something to a reader of HTTP or JSON. */
const MARKS = ['\r\n', '\n', '\r', '\r\n\r\n', '\0', ' ', '\t', ':', ';', ',', '%00', '\ufeff', '\ud800', '[', '{}'];
const STARTS = [
  'POST ',
  'HEAD ',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'HTTP/1.0',
  '/intercom',
  'http://a',
  '/../',
  '?',
  '#',
];
const LENGTHS = [
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  '0\r\n\r\n',
  'ffffffff',
  '18446744073709551616',
  '-1',
];
const ENCODINGS = [
  'Transfer-Encoding: chunked\r\n',
  'chunked',
  'Trailer: X-Hub-Signature\r\n',
  'Expect: 100-continue\r\n',
];
const CONNECTIONS = ['Host: a\r\n', 'Connection: close\r\n', 'Connection: Upgrade\r\nUpgrade: h2c\r\n'];
const SIGNATURES = ['X-Hub-Signature: sha1=', `X-Hub-Signature: ${sign('{}')}\r\n`, 'sha256=', PLANTED];
const FIELDS = ['{"topic":"ping"}', '"topic":"ping",', '"__proto__":', '"id":null,', '1e999'];
const TOKENS = [...MARKS, ...STARTS, ...LENGTHS, ...ENCODINGS, ...CONNECTIONS, ...SIGNATURES, ...FIELDS];

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const tokens = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TOKENS).map((token) => Buffer.from(token)) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => Buffer.from(bytes)) },
);
const length = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 400 }));

const mutations = (others: fc.Arbitrary<Buffer>): fc.Arbitrary<Mutation> =>
  fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at: fraction, mask: fc.integer({ min: 1, max: 255 }) }),
    fc.record({ kind: fc.constant('cut' as const), at: fraction, length }),
    fc.record({ kind: fc.constant('insert' as const), at: fraction, bytes: tokens }),
    fc.record({ kind: fc.constant('repeat' as const), at: fraction, length, times: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant('splice' as const), at: fraction, other: others, from: fraction }),
    fc.record({ kind: fc.constant('drop-line' as const), line: fraction }),
    fc.record({ kind: fc.constant('move-line' as const), line: fraction, to: fraction }),
    fc.record({ kind: fc.constant('copy-line' as const), line: fraction, to: fraction }),
  );

/** A header value that arrives as it was sent: visible characters, nothing to trim. */
const visible = fc.stringMatching(/^[!-~]{1,60}$/);

/** Requests made of those given, by a few changes each; and whole ones around changed bodies and signatures. */
export function shots(corpus: readonly Buffer[]): fc.Arbitrary<Shot> {
  const known = fc.constantFrom(...corpus);
  const changes = fc.array(mutations(known), { minLength: 1, maxLength: 5 });
  const bodies = fc
    .record({
      id: fc.nat(1_000_000),
      changes: fc.array(mutations(fc.constant(Buffer.from(body('other')))), { maxLength: 5 }),
    })
    .map(({ id, changes }) => mutate(Buffer.from(body(`fuzz-${id}`)), changes));
  const raw = fc
    .record({ bytes: known, changes })
    .map(({ bytes, changes }): Shot => ({ bytes: mutate(bytes, changes), expects: 'anything' }));
  const signed = bodies.map((text): Shot => ({ bytes: message({ body: text }), expects: 'accepted' }));
  const forged = fc
    .record({ text: bodies, signature: fc.oneof(visible, fc.stringMatching(/^sha1=[0-9a-f]{40}$/)) })
    .map(
      ({ text, signature }): Shot => ({
        bytes: message({ body: text, signatures: [signature] }),
        expects: signature === sign(text) ? 'accepted' : 'refused',
      }),
    );
  return fc.oneof({ weight: 6, arbitrary: raw }, { weight: 2, arbitrary: signed }, { weight: 1, arbitrary: forged });
}

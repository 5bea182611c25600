import { notification, PATH, sign } from '../setup.ts';

/** One thing that a sender may do on a connection, and all that has to come of it. */
export interface BadInput {
  readonly name: string;
  /** All that is written on the connection, which its sender leaves open. */
  readonly bytes: Buffer;
  /** The answers in their order, by the name and the status that each is counted under. */
  readonly answers: readonly string[];
  /** What becomes of the connection: `kept` can take another request. */
  readonly connection: 'kept' | 'closed';
  /** Bodies in the stream afterwards; none where this is left out. */
  readonly events?: readonly Buffer[];
  /** Bodies kept as dead letters; none where this is left out. */
  readonly deadLetters?: readonly Buffer[];
}

/** Stands in every body and in many headers: no log line may ever hold it. */
export const PLANTED = 'ada.lovelace@example.com';

export interface Message {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly body: Buffer | string;
  /** Of `X-Hub-Signature`, one header each; that of the body where this is left out. */
  readonly signatures: readonly string[];
  /** Lines that say where the body ends; its length where this is left out. */
  readonly framing: readonly string[];
  /** Further header lines. */
  readonly headers: readonly string[];
}

/** A request as bytes: a signed one as Intercom sends it, where nothing else is said. */
export function message(parts: Partial<Message> = {}): Buffer {
  const { method = 'POST', target = PATH, version = 'HTTP/1.1', headers = [] } = parts;
  const body = bytesOf(parts.body ?? '');
  const { signatures = [sign(body)], framing = [`Content-Length: ${body.length}`] } = parts;
  const lines = [
    `${method} ${target} ${version}`,
    'Host: ingress',
    ...signatures.map((signature) => `X-Hub-Signature: ${signature}`),
    ...framing,
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), body]);
}

/** A notification that holds what must not be logged. */
export const body = (id: string, changes: object = {}): string => notification({ id, from: PLANTED, ...changes });

export const bytesOf = (text: Buffer | string): Buffer => (typeof text === 'string' ? Buffer.from(text) : text);

/** The body in chunks as given, and the end of it; trailers stand after the end. */
export const chunked = (parts: readonly string[], trailers: readonly string[] = []): string =>
  [
    ...parts.map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`),
    `0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`,
  ].join('');

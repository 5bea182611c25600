import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';

/**
 * Keys as NATS writes them: a kind, 32 bytes and a checksum, in base32. The kind is the first letter of a public key, and
 * the second of a seed: `O…`, `SO…` of an operator.
 */

/** The upper five bits are the letter. */
const KIND_BYTE = { operator: 14 << 3, account: 0, user: 20 << 3 } as const;
const SEED_BYTE = 18 << 3;
const RAW_BYTES = 32;

export type Kind = keyof typeof KIND_BYTE;

export interface KeyPair {
  readonly publicKey: string;
  /** Secret. */
  readonly seed: string;
  readonly sign: (data: Uint8Array) => Buffer;
}

/** @param raw 32 bytes that nobody can guess */
export function keyPair(kind: Kind, raw: Uint8Array): KeyPair {
  const privateKey = privateKeyOf(raw);
  return {
    publicKey: written([KIND_BYTE[kind], ...publicBytes(privateKey)]),
    // The kind is cut into two, for a letter is five bits and the first one is taken.
    seed: written([SEED_BYTE | (KIND_BYTE[kind] >> 5), (KIND_BYTE[kind] & 31) << 3, ...raw]),
    sign: (data) => sign(null, data, privateKey),
  };
}

/** @throws Error saying what is wrong with it, and nothing of what it is */
export function readSeed(kind: Kind, text: string): { raw: Uint8Array; pair: KeyPair } {
  const bytes = fromBase32(text.trim());
  const raw = bytes.subarray(2, 2 + RAW_BYTES);
  const expected = SEED_BYTE | (KIND_BYTE[kind] >> 5);
  if (raw.length !== RAW_BYTES || bytes[0] !== expected || bytes[1] !== (KIND_BYTE[kind] & 31) << 3)
    throw new Error(`is not the seed of a NATS ${kind}`);
  const pair = keyPair(kind, raw);
  if (pair.seed !== text.trim()) throw new Error(`is not the seed of a NATS ${kind}: its checksum is wrong`);
  return { raw, pair };
}

/** What PKCS #8 puts before the 32 bytes of an Ed25519 key (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

const privateKeyOf = (raw: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, raw]), format: 'der', type: 'pkcs8' });

const publicBytes = (privateKey: KeyObject): Buffer =>
  Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url');

function written(bytes: readonly number[]): string {
  const sum = crc16(bytes);
  return base32(Uint8Array.from([...bytes, sum & 0xff, sum >> 8]));
}

/** CRC-16/XMODEM. */
function crc16(bytes: readonly number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : 0x1021)) & 0xffff;
  }
  return crc;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, without padding. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(held >> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + ALPHABET[(held << (5 - bits)) & 31];
}

/** What it cannot read becomes nothing that a checksum fits. */
function fromBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const letter of text) {
    held = (held << 5) | (ALPHABET.indexOf(letter) & 31);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(held >> bits);
    held &= (1 << bits) - 1;
  }
  return Uint8Array.from(bytes);
}

import { hash } from 'node:crypto';

/**
 * Where the claim of one handler on one notification is kept: `<handler>.<128 bits of SHA-256, base64url>`. Valid as a
 * JetStream key-value key whatever Intercom puts into ids; two ids sharing a key is out of reach (2⁻⁶⁴ at 2³² ids).
 */
export const claimKey = (handler: string, dedupId: string): string => `${handler}.${idDigest(dedupId)}`;

/** 22 characters that are valid in any name of JetStream, and the same for one id for ever. */
export const idDigest = (dedupId: string): string =>
  hash('sha256', dedupId, 'buffer').subarray(0, 16).toString('base64url');

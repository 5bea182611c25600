import { hash } from 'node:crypto';

/**
 * Where the claim of one handler on one notification is kept: `<handler>.<128 bits of SHA-256, base64url>`. Valid as a
 * JetStream key-value key whatever Intercom puts into ids; two ids sharing a key is out of reach (2⁻⁶⁴ at 2³² ids).
 */
export function claimKey(handler: string, dedupId: string): string {
  const digest = hash('sha256', dedupId, 'buffer').subarray(0, 16);
  return `${handler}.${digest.toString('base64url')}`;
}

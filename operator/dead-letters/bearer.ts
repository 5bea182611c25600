import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * A check of `Authorization: Bearer <token>`. It takes as long for every token: hashes are compared, so not even the
 * length of the right one shows. Pure.
 */
export function bearerCheck(token: string): (authorization: string | undefined) => boolean {
  const wanted = digest(token);
  return (authorization) => {
    const given = /^Bearer +(?<token>\S+)$/i.exec(authorization ?? '')?.groups?.['token'] ?? '';
    return timingSafeEqual(digest(given), wanted) && given !== '';
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

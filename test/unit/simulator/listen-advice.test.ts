import { describe, expect, it } from 'vitest';
import { listenAdvice } from '#services/simulator/listen-advice.ts';

const failed = (fields: Partial<NodeJS.ErrnoException> & { readonly port?: number }) =>
  Object.assign(new Error('why'), fields);

describe('why a server could not listen', () => {
  it.each([
    {
      error: failed({ syscall: 'listen', code: 'EADDRINUSE', port: 4000 }),
      says: "--control-port or --rest-port: 4000 can't be listened on (why); name another, or 0",
    },
    {
      error: failed({ syscall: 'listen', code: 'EADDRNOTAVAIL', port: 0 }),
      says: '--host: no address of this machine (why); leave it out for 127.0.0.1',
    },
    {
      error: failed({ syscall: 'getaddrinfo', code: 'ENOTFOUND' }),
      says: '--host: no address of this machine (why); leave it out for 127.0.0.1',
    },
    { error: failed({ syscall: 'open', code: 'ENOENT' }), says: null },
    { error: 'why', says: null },
  ])('is told by the name of the option: $says', ({ error, says }) => {
    expect(listenAdvice(error)).toBe(says);
  });
});

/** @returns which option keeps a server from listening, and what to do; null where the error is none of listening */
export function listenAdvice(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { code, syscall, port } = error as NodeJS.ErrnoException & { readonly port?: number };
  if (syscall === 'getaddrinfo' || (syscall === 'listen' && code === 'EADDRNOTAVAIL')) {
    return `--host: no address of this machine (${error.message}); leave it out for 127.0.0.1`;
  }
  if (syscall !== 'listen') return null;
  return `--control-port or --rest-port: ${port} can't be listened on (${error.message}); name another, or 0`;
}

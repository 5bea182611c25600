import { connect } from 'node:net';

const TIMEOUT_MS = 1000;

/**
 * Connects to a port of 127.0.0.1, says `hello`, and returns the first line that comes back.
 * @throws Error when nothing listens there, or no line comes within a second
 */
export async function firstLine(port: number, hello = ''): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', signal: AbortSignal.timeout(TIMEOUT_MS) });
  try {
    socket.write(hello);
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      const end = text.indexOf('\r\n');
      if (end !== -1) return text.slice(0, end);
    }
    throw new Error(`port ${port} closed without a line`);
  } finally {
    socket.destroy();
  }
}

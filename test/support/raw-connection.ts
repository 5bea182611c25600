import { connect } from 'node:net';
import { until } from './until.ts';

/** One TCP connection on which a test writes HTTP by hand. */
export interface RawConnection {
  write: (data: string | Buffer) => void;
  /** Everything that came back so far. */
  readonly received: string;
  /** How the other side ended it, if it did. */
  readonly end: 'open' | 'closed' | 'reset';
  /** Resolves with the status codes received, once there are `count`. */
  statuses: (count: number) => Promise<number[]>;
  /** Resolves with everything received, once the other side has ended it. */
  untilEnd: () => Promise<string>;
  destroy: () => void;
}

export function rawConnection(port: number): RawConnection {
  let received = '';
  let end: RawConnection['end'] = 'open';
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString('latin1');
  });
  socket.on('error', () => {
    end = 'reset';
  });
  socket.on('close', () => {
    if (end === 'open') end = 'closed';
  });
  const found = () => Array.from(received.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status));
  return {
    write: (data) => void socket.write(data),
    get received() {
      return received;
    },
    get end() {
      return end;
    },
    statuses: (count) => until(() => (found().length >= count ? found() : null), { describe: `${count} answers` }),
    untilEnd: async () => {
      await until(() => end !== 'open', { describe: 'the connection to be ended' });
      return received;
    },
    destroy: () => void socket.destroy(),
  };
}

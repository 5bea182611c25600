import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '#cli/local/free-port.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { startChild, temporaryFolder } from './child.ts';
import { firstLine } from './first-line.ts';

export interface RedisServerOptions {
  /** Kept by `close`; without it a fresh one is made, and removed. */
  storeDir?: string;
  port?: number;
  /** Further settings of redis-server, by their names in redis.conf. */
  config?: Readonly<Record<string, string>>;
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly storeDir: string;
  readonly pid: number;
  log: () => string;
  /** Ends the process and keeps store and port for `restart`. SIGTERM where no signal is given. */
  stop: (signal?: NodeJS.Signals) => Promise<void>;
  kill: () => Promise<void>;
  /** Stops it where it stands, until `thaw`; returns when it answers no more. */
  freeze: () => Promise<void>;
  thaw: () => void;
  /** Ends it where it still runs (by SIGTERM), and starts it on the same port and store. */
  restart: () => Promise<void>;
  /** For the end of a test: ends the process and removes the store. */
  close: () => Promise<void>;
}

/**
 * Starts a redis-server on 127.0.0.1. It writes nothing to disk unless `config` says `appendonly: 'yes'`.
 * @throws Error when it does not start
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { path } = await resolveProgram('redis-server', { env: process.env, onProgress: () => {} });
  const folder = temporaryFolder('redis-server');
  const storeDir = options.storeDir ?? join(folder, 'store');
  mkdirSync(storeDir, { recursive: true });
  const port = options.port ?? (await freePort());
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: storeDir,
    save: '',
    appendonly: 'no',
    ...options.config,
  };

  const child = await startChild({
    name: `redis-server :${port}`,
    command: path,
    folder,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    // Anything else, such as -LOADING, means not yet.
    ready: async () => (await firstLine(port, 'PING\r\n')) === '+PONG',
  });

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    storeDir,
    get pid() {
      return child.pid;
    },
    log: child.log,
    stop: child.stop,
    kill: () => child.stop('SIGKILL'),
    freeze: child.freeze,
    thaw: child.thaw,
    restart: child.restart,
    close: child.close,
  };
}

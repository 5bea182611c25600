import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import * as z from 'zod';
import { freePort } from '#cli/local/free-port.ts';
import { PROGRAMS } from '#cli/programs/catalogue.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { isAtLeast, parseVersion } from '#cli/programs/version.ts';
import { startChild, temporaryFolder } from './child.ts';
import { firstLine } from './first-line.ts';
import { until } from './until.ts';

export interface NatsServerOptions {
  /** Kept by `close`; without it a fresh one is made, and removed. */
  storeDir?: string;
  port?: number;
  /** Further settings of nats-server, by their names in its configuration file; `jetstream` is merged into ours. */
  config?: { jetstream?: object; [setting: string]: unknown };
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Of its monitoring endpoints: `/varz`, `/jsz`, `/connz`. */
  readonly monitorUrl: string;
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
  /** Client connections that are open, by name or id. */
  connections: () => Promise<string[]>;
  /** For the end of a test: fails if a client is still connected, ends the process, removes the store. */
  close: () => Promise<void>;
}

/** What streams reserve, 1 GiB and more each, is no space: by default there could be no more than 3/4 of what the disk has. */
const MAX_FILE_STORE = 2 ** 43;

const Info = z.object({ version: z.string(), jetstream: z.literal(true), max_payload: z.int() });
const Connz = z.object({ connections: z.array(z.object({ cid: z.int(), name: z.string().optional() })) });

/**
 * Starts a nats-server with JetStream, 4 MiB messages and monitoring on 127.0.0.1.
 * @throws Error when it does not start, or is older than we support
 */
export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const { path } = await resolveProgram('nats-server', { env: process.env, onProgress: () => {} });
  const folder = temporaryFolder('nats-server');
  const storeDir = options.storeDir ?? join(folder, 'store');
  const port = options.port ?? (await freePort());
  const monitorPort = await freePort();
  const monitorUrl = `http://127.0.0.1:${monitorPort}`;
  const config = {
    host: '127.0.0.1',
    port,
    http: `127.0.0.1:${monitorPort}`,
    max_payload: 4 * 1024 * 1024,
    ...options.config,
    jetstream: { store_dir: storeDir, max_file_store: MAX_FILE_STORE, ...options.config?.jetstream },
  };
  const configFile = join(folder, 'nats-server.conf');
  // nats-server's configuration language contains JSON.
  writeFileSync(configFile, JSON.stringify(config));

  const child = await startChild({
    name: `nats-server :${port}`,
    command: path,
    folder,
    args: ['--config', configFile],
    ready: () => fetchJson(`${monitorUrl}/healthz`),
  });
  await assertInfo(port);

  const connections = async () => {
    const { connections } = Connz.parse(await fetchJson(`${monitorUrl}/connz`));
    return connections.map(({ cid, name }) => name ?? `client ${cid}`);
  };

  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    monitorUrl,
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
    connections,
    close: async () => {
      try {
        if (child.isRunning) {
          const noneOpen = async () => {
            const open = await connections();
            if (open.length > 0) throw new Error(`still open: ${open.join(', ')}`);
            return true;
          };
          await until(noneOpen, {
            describe: `every client of nats-server :${port} to be closed`,
            timeoutMs: 2000,
          });
        }
      } finally {
        await child.close();
      }
    },
  };
}

/** INFO is the first line that the server sends on a connection. */
async function assertInfo(port: number): Promise<void> {
  const info = Info.parse(JSON.parse((await firstLine(port)).replace(/^INFO /, '')));
  const version = parseVersion(info.version, '');
  if (version === null || !isAtLeast(version, PROGRAMS['nats-server'].minimum)) {
    throw new Error(`nats-server ${info.version} is too old`);
  }
}

/** Without an agent: a kept-alive socket would count as a leak. */
async function fetchJson(url: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  get(url, { agent: false, signal: AbortSignal.timeout(1000) }, (response) => {
    json(response).then((body) => {
      if (response.statusCode === 200) resolve(body);
      else reject(new Error(`${url} answered ${response.statusCode}`));
    }, reject);
  }).on('error', reject);
  return promise;
}

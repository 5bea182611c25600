import { join } from 'node:path';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { freePort } from './free-port.ts';
import type { LocalPod } from './plan.ts';

/** A server that the cluster would bring, as a pod among the others: probed, restarted, stopped like them. */
export interface Server {
  readonly pod: LocalPod;
  readonly url: string;
}

export interface ServerFacts {
  readonly stateDir: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
}

/** Above the largest body that a resource may ask for by default, with room for headers. */
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;

export interface NatsFacts extends ServerFacts {
  /** 1, or 3 that make one cluster. */
  readonly servers: 1 | 3;
  /** An acknowledged message is on the disk, not only with the kernel. */
  readonly syncAlways: boolean;
}

/** nats-servers with JetStream, on loopback. The pods, and so the servers of a cluster, are named `nats` or `nats-0` … */
export async function natsServers({ stateDir, env, onProgress, servers, syncAlways }: NatsFacts): Promise<Server[]> {
  const { path } = await resolveProgram('nats-server', { env, onProgress });
  const names = servers === 1 ? ['nats'] : Array.from({ length: servers }, (_, i) => `nats-${i}`);
  const routePorts = await Promise.all(names.map(freePort));
  const routes = routePorts.map((port) => `nats://127.0.0.1:${port}`);
  return Promise.all(
    names.map(async (name, i) => {
      const [port, monitorPort] = [await freePort(), await freePort()];
      const file = join(stateDir, name, 'nats-server.conf');
      const cluster = { name: 'local', host: '127.0.0.1', port: routePorts[i], routes };
      const config = {
        server_name: name,
        host: '127.0.0.1',
        port,
        http: `127.0.0.1:${monitorPort}`,
        max_payload: MAX_PAYLOAD_BYTES,
        jetstream: { store_dir: join(stateDir, name, 'store'), ...(syncAlways ? { sync_interval: 'always' } : {}) },
        ...(servers === 1 ? {} : { cluster }),
      };
      return {
        url: `nats://127.0.0.1:${port}`,
        // nats-server's configuration language contains JSON.
        pod: serverPod(name, {
          argv: [path, '--config', file],
          files: [{ path: file, content: JSON.stringify(config) }],
          probe: { port: monitorPort, path: '/healthz' },
        }),
      };
    }),
  );
}

/** redis-server, on loopback, keeping what it has over a restart. */
export async function redisServer({ stateDir, env, onProgress }: ServerFacts): Promise<Server> {
  const { path } = await resolveProgram('redis-server', { env, onProgress });
  const port = await freePort();
  const dir = join(stateDir, 'redis');
  const settings = { port: String(port), bind: '127.0.0.1', dir, appendonly: 'yes', save: '' };
  return {
    url: `redis://127.0.0.1:${port}`,
    pod: serverPod('redis', {
      argv: [path, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])],
      files: [{ path: join(dir, '.keep'), content: '' }],
      probe: { port, path: null },
    }),
  };
}

interface ServerParts {
  readonly argv: readonly string[];
  readonly files: LocalPod['files'];
  readonly probe: { readonly port: number; readonly path: string | null };
}

export const serverPod = (name: string, { argv, files, probe }: ServerParts): LocalPod => ({
  name,
  labels: {},
  files,
  containers: [{ name: 'server', argv, env: {}, startup: probe, readiness: probe, ports: {} }],
  graceMs: 5_000,
});

import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { freePort } from '#cli/local/free-port.ts';
import { resolveProgram } from '#cli/programs/resolve.ts';
import { KEY_FILES, makeServerKeys } from '#operator/keys/server-keys.ts';
import { type Child, startChild, temporaryFolder } from '#test/support/child.ts';
import { at, environmentOf, only, podsOf, template } from './chart.ts';

/** The servers of the chart as processes of this machine: its configuration, its keys, its environment. */
export interface RenderedNats {
  readonly urls: readonly string[];
  readonly seed: string;
  readonly servers: readonly Child[];
  close(): Promise<void>;
}

interface Ports {
  readonly client: number;
  readonly routes: number;
  readonly monitor: number;
}

export interface RenderedNatsOptions {
  readonly values: object;
  /** What a server has instead of the password that lets it to the others, by its number. */
  readonly passwords?: Readonly<Record<number, string>>;
  /** What the Secret for TLS would hold: `tls.crt`, `tls.key`, `ca.crt`. */
  readonly tlsFolder?: string;
}

const RESOLVER = '/data/accounts';

/** Starts all of them; each is up when it answers at all, not when it is well. */
export async function startRenderedNats({
  values,
  passwords = {},
  tlsFolder = '',
}: RenderedNatsOptions): Promise<RenderedNats> {
  const objects = await template(values);
  const set = only(objects, 'StatefulSet');
  const { name } = set.metadata;
  const conf = String(at(only(objects, 'ConfigMap', name), 'data', 'nats.conf'));
  const replicas = Number(at(set, 'spec', 'replicas'));
  const chance = () => crypto.getRandomValues(new Uint8Array(32));
  const keys = makeServerKeys({ operator: chance(), routes: chance() }, { dir: RESOLVER, nowMs: Date.now() });
  const ports: Ports[] = [];
  for (let i = 0; i < replicas; i += 1) {
    ports.push({ client: await freePort(), routes: await freePort(), monitor: await freePort() });
  }
  const { path } = await resolveProgram('nats-server', { env: process.env, onProgress: () => {} });
  const start = (number: number, own: Ports): Promise<Child> => {
    const folder = temporaryFolder(`${name}-${number}`);
    writeFileSync(join(folder, 'nats.conf'), hereOnly(conf, folder, own).replaceAll('/etc/nats-tls', tlsFolder));
    writeFileSync(join(folder, KEY_FILES.accounts), hereOnly(keys[KEY_FILES.accounts], folder, own));
    const password = passwords[number] ?? keys[KEY_FILES.routes];
    const env = { POD_NAME: `${name}-${number}`, ROUTES_PASSWORD: password, ...routesOf(set, password, ports) };
    return startChild({
      name: `${name}-${number}`,
      command: path,
      args: ['--config', join(folder, 'nats.conf')],
      folder,
      env,
      ready: () => answersAt(own.monitor, '/varz'),
    });
  };
  const servers = await Promise.all(ports.map((own, number) => start(number, own)));
  return {
    urls: ports.map(({ client }) => `${tlsFolder === '' ? 'nats' : 'tls'}://127.0.0.1:${client}`),
    seed: keys[KEY_FILES.seed],
    servers,
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
    },
  };
}

/** The same with paths in a folder and ports of this machine: a pod has its own of both. */
const hereOnly = (text: string, folder: string, { client, routes, monitor }: Ports): string =>
  text
    .replaceAll('/data/', `${folder}/data/`)
    .replaceAll('/var/run/nats/', `${folder}/`)
    .replace('port: 4222', `listen: "127.0.0.1:${client}"`)
    .replace('port: 6222', `listen: "127.0.0.1:${routes}"`)
    .replace('http_port: 8222', `http: "127.0.0.1:${monitor}"`);

/** As the kubelet expands them, to ports instead of names. */
function routesOf(
  set: Parameters<typeof podsOf>[0],
  password: string,
  ports: readonly Ports[],
): Record<string, string> {
  const given = Object.entries(environmentOf(podsOf(set))).filter(([name]) => name.startsWith('ROUTE_'));
  return Object.fromEntries(
    given.map(([name, url], number) => [
      name,
      url.replace('$(ROUTES_PASSWORD)', password).replace(/@.*$/, `@127.0.0.1:${ports[number]?.routes}`),
    ]),
  );
}

/** What a probe of the StatefulSet would hear. Without an agent: a kept-alive socket would count as a leak. */
function answersAt(port: number, path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  get(`http://127.0.0.1:${port}${path}`, { agent: false, timeout: 1000 }, (response) => {
    response.resume();
    response.on('close', () => resolve(response.statusCode === 200));
  }).on('error', () => resolve(false));
  return promise;
}

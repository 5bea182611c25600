import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { type Connection, type Credentials, rereading } from './connection.ts';

const Cluster = z.object({
  server: z.url({ protocol: /^https?$/ }),
  'certificate-authority': z.string().optional(),
  'certificate-authority-data': z.base64().optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': z.string().optional(),
  'proxy-url': z.never('a proxy is not supported').optional(),
});

const NOT_SUPPORTED = 'is not supported: use a token or a client certificate';
const User = z.object({
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  'client-certificate': z.string().optional(),
  'client-certificate-data': z.base64().optional(),
  'client-key': z.string().optional(),
  'client-key-data': z.base64().optional(),
  exec: z.never(`exec ${NOT_SUPPORTED}`).optional(),
  'auth-provider': z.never(`auth-provider ${NOT_SUPPORTED}`).optional(),
  username: z.never(`username ${NOT_SUPPORTED}`).optional(),
});

const Context = z.object({ cluster: z.string(), user: z.string(), namespace: z.string().default('default') });

/** `clusters: [{name, cluster}]` and its like, by name; only the one in use has to be one that we support. */
const named = <Key extends string>(key: Key) =>
  z
    .array(z.looseObject({ name: z.string() }))
    .default([])
    .transform((entries) => new Map(entries.map((entry): [string, unknown] => [entry.name, entry[key]])));

const Kubeconfig = z.object({
  'current-context': z.string(),
  clusters: named('cluster'),
  users: named('user'),
  contexts: named('context'),
});

export interface KubeconfigOptions {
  readonly file: string;
  /** The file's current context where it is absent. */
  readonly context?: string;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/**
 * The API server of a kubeconfig's context. The file, and the files it names, are read again now and then, so that
 * tokens and certificates can be replaced under a process that runs.
 * @throws Error where a file is missing, the context is not there, or it logs in in a way that we do not support
 */
export async function kubeconfigConnection(options: KubeconfigOptions): Promise<Connection> {
  const { file, now } = options;
  const { cluster, context } = await readContext(options);
  const credentials = rereading(async () => {
    const current = await readContext(options);
    return toCredentials(current.cluster, current.user, dirname(resolve(file)));
  }, now);
  await credentials();
  return { server: new URL(cluster.server), namespace: context.namespace, credentials };
}

async function readContext({ file, context: wanted }: KubeconfigOptions) {
  const config = parsed(Kubeconfig, parse(await readFile(file, 'utf8')), file);
  const name = wanted ?? config['current-context'];
  const context = parsed(Context, config.contexts.get(name), `${file}: context "${name}"`);
  const cluster = parsed(Cluster, config.clusters.get(context.cluster), `${file}: cluster "${context.cluster}"`);
  const user = parsed(User, config.users.get(context.user), `${file}: user "${context.user}"`);
  return { context, cluster, user };
}

function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, place: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(`${place}: ${z.prettifyError(result.error)}`);
}

async function toCredentials(
  cluster: z.output<typeof Cluster>,
  user: z.output<typeof User>,
  folder: string,
): Promise<Credentials> {
  const pem = async (data: string | undefined, file: string | undefined) => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString();
    return file === undefined ? undefined : readFile(resolve(folder, file), 'utf8');
  };
  const ca = await pem(cluster['certificate-authority-data'], cluster['certificate-authority']);
  const cert = await pem(user['client-certificate-data'], user['client-certificate']);
  const key = await pem(user['client-key-data'], user['client-key']);
  const token = user.tokenFile === undefined ? user.token : (await pem(undefined, user.tokenFile))?.trim();
  return {
    ...(token === undefined ? {} : { token }),
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(cluster['tls-server-name'] === undefined ? {} : { servername: cluster['tls-server-name'] }),
      ...(cluster['insecure-skip-tls-verify'] === true ? { rejectUnauthorized: false } : {}),
    },
  };
}

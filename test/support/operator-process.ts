import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { freePort } from '#cli/local/free-port.ts';
import { type Child, startChild, temporaryFolder } from './child.ts';

const SOURCES = fileURLToPath(new URL('../../operator/main.ts', import.meta.url));

export interface OperatorProcess {
  readonly child: Child;
  /** Of a path of its inner port. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string }>;
  leads(): Promise<boolean>;
  /** The value of a series of its metrics, as it is written there; 0 where it is not there. */
  metric(series: string): Promise<number>;
}

export interface OperatorProcessOptions {
  /** A bundle; the sources where there is none. */
  readonly program?: string;
  /** Beside or in the place of what is set here. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a replica of the operator and waits until it answers. Without `NATS_URL` there is no NATS for it. */
export async function startOperatorProcess(
  kubeconfig: string,
  { program = SOURCES, env = {} }: OperatorProcessOptions = {},
): Promise<OperatorProcess> {
  const port = await freePort();
  const ask = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2000) });
    return { status: response.status, text: await response.text() };
  };
  const child = await startChild({
    name: 'operator',
    command: process.execPath,
    args: [program],
    folder: temporaryFolder('operator'),
    env: {
      PATH: process.env['PATH'],
      POD_NAME: `operator-${randomBytes(3).toString('hex')}`,
      HOST: '127.0.0.1',
      INNER_PORT: String(port),
      KUBECONFIG: kubeconfig,
      LOG_LEVEL: 'info',
      IMAGE: 'registry.example/intercom-webhook-operator:0.0.0',
      NATS_URL: 'nats://127.0.0.1:9',
      ...env,
    },
    ready: async () => (await ask('/livez')).status === 200,
  });
  const metric = async (series: string): Promise<number> => {
    const { text } = await ask('/metrics');
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1) ?? 0);
  };
  return { child, ask, metric, leads: async () => (await metric('intercom_operator_leader')) === 1 };
}

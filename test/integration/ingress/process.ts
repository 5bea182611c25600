import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import * as z from 'zod';
import { freePort } from '#cli/local/free-port.ts';
import { IngressEnv } from '#shared/contract.ts';
import { TOKEN } from '#test/support/broker.ts';
import { type Child, startChild, temporaryFolder } from '#test/support/child.ts';
import { INGRESS_ENV } from '#test/support/environments.ts';
import { entryPoint } from '#test/support/image.ts';
import { until } from '#test/support/until.ts';
import { PATH, SECRET } from './setup.ts';

export interface IngressProcess {
  readonly child: Child;
  readonly url: string;
  readonly port: number;
  /** Where health, metrics and observations are. */
  readonly innerUrl: string;
  /** How often each outcome was answered, as the process counts them: `stored 200`. */
  answers: () => Promise<Record<string, number>>;
  /** The value of a metric without labels of its own, or with these as they are written: `reason="full"`. */
  metric: (name: string, labels?: string) => Promise<number>;
  /** Status and text of `/readyz`; null where nothing listens. */
  readiness: () => Promise<{ status: number; text: string } | null>;
  /** Replaces the mounted signing secrets, one file each. */
  writeSecrets: (...secrets: string[]) => void;
}

export interface IngressProcessOptions {
  readonly natsUrl: string;
  readonly changes?: Partial<IngressEnv>;
  /** What is run; default: the bundle of this test run. */
  readonly program?: string;
  /** Whether a broker is there to be waited for, so that nothing goes by way of the spool. Default: true. */
  readonly isBrokerThere?: boolean;
}

/** The ingress as a pod would run it, with the environment that the operator would write. */
export async function startIngressProcess(options: IngressProcessOptions): Promise<IngressProcess> {
  const { natsUrl, changes = {}, isBrokerThere = true } = options;
  const folder = temporaryFolder('ingress');
  const secretsDir = join(folder, 'secrets');
  mkdirSync(secretsDir);
  const writeSecrets = (...secrets: string[]) => {
    for (const [i, secret] of secrets.entries()) writeFileSync(join(secretsDir, String(i)), `${secret}\n`);
  };
  writeSecrets(SECRET);
  const [port, innerPort] = [await freePort(), await freePort()];
  const env: IngressEnv = {
    ...INGRESS_ENV,
    WEBHOOK_TOKEN: TOKEN,
    NATS_URL: [natsUrl],
    PORT: port,
    INNER_PORT: innerPort,
    WEBHOOK_PATH: PATH,
    TOPICS: ['conversation.user.replied'],
    SIGNING_SECRETS_DIR: secretsDir,
    SPOOL_DIR: join(folder, 'spool'),
    DRAIN_DELAY_MS: 0,
    ...changes,
  };
  const readiness = async () => {
    try {
      const { statusCode, body } = await request(`http://127.0.0.1:${innerPort}/readyz`, { reset: true });
      return { status: statusCode, text: await body.text() };
    } catch {
      return null;
    }
  };
  const metrics = async () => {
    const { body } = await request(`http://127.0.0.1:${innerPort}/metrics`, { reset: true });
    return await body.text();
  };
  const metric = async (name: string, labels = '') => {
    const line = new RegExp(`^${name}(?:\\{${labels}.*\\})? (\\S+)$`, 'm').exec(await metrics());
    return Number(line?.[1]);
  };
  const answers = async () => {
    const samples = (await metrics()).matchAll(ANSWERS);
    return Object.fromEntries(Array.from(samples, ([, outcome, code, count]) => [`${outcome} ${code}`, Number(count)]));
  };
  const child = await startChild({
    name: 'ingress',
    command: process.execPath,
    args: [options.program ?? entryPoint('ingress')],
    folder,
    env: { PATH: process.env['PATH'], ...z.encode(IngressEnv, env) },
    ready: async () => (await readiness())?.status === 200,
  });
  if (isBrokerThere)
    await until(() => child.log().includes('NATS is reached'), { describe: 'the broker to be reached' });
  const innerUrl = `http://127.0.0.1:${innerPort}`;
  return { child, port, innerUrl, url: `http://127.0.0.1:${port}${PATH}`, answers, metric, readiness, writeSecrets };
}

const ANSWERS = /^intercom_ingress_answers_total\{outcome="(\w+)",code="(\d+)".*\} (\d+)$/gm;

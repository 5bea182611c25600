import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import type { LocalPod } from '#cli/local/plan.ts';
import type { SendInput } from '#services/simulator/requests.ts';
import type { Sent } from './judge.ts';

const ENTRY = fileURLToPath(new URL('../../services/simulator/main.ts', import.meta.url));

/** The simulator as one more pod, its control API on `port`; `more` goes to its command line. */
export const simulatorPod = (port: number, retryAfter: string, more: readonly string[] = []): LocalPod => ({
  name: 'intercom',
  labels: {},
  files: [],
  containers: [
    {
      name: 'simulator',
      argv: [process.execPath, ENTRY, '--control-port', String(port), '--retry-after', retryAfter, ...more],
      env: {},
      startup: { port, path: '/report' },
      readiness: { port, path: '/report' },
      ports: { control: port },
    },
  ],
  graceMs: 10_000,
});

export interface Report {
  readonly intercom: Readonly<Record<string, number | boolean>>;
  readonly awaitingRetry: number;
  readonly inFlight: number;
  readonly sent: number;
}

/** The simulator's control API. Every call has a deadline of 30 s; an error answer is an Error with its text. */
export class Intercom {
  readonly #base: string;

  constructor(port: number) {
    this.#base = `http://127.0.0.1:${port}`;
  }

  /** Saves the endpoint as a person does in the Developer Hub: Intercom probes it and sends a ping. */
  async saveUrl(subscription: { url: string; secret: string; appId: string }): Promise<{ saved: boolean }> {
    return (await this.#json('POST', '/subscription', subscription)) as { saved: boolean };
  }

  async send(run: SendInput): Promise<void> {
    await this.#json('POST', '/send', run);
  }

  async report(): Promise<Report> {
    return (await this.#json('GET', '/report')) as Report;
  }

  async notifications(): Promise<Sent[]> {
    const text = await this.#call('GET', '/notifications');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Sent);
  }

  async #json(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    return JSON.parse(await this.#call(method, path, body)) as unknown;
  }

  async #call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<string> {
    const response = await request(this.#base + path, {
      method,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`simulator: ${method} ${path}: ${response.statusCode} ${text}`);
    return text;
  }
}

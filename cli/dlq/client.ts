import { createInterface } from 'node:readline';
import { type Dispatcher, request } from 'undici';
import * as z from 'zod';
import { DeadLetterCounts } from '#operator/dead-letters/count.ts';
import { DeadLetterEntry } from '#operator/dead-letters/entry.ts';
import { Problem } from '#operator/dead-letters/problem.ts';
import { Report } from '#operator/dead-letters/run.ts';

export interface ClientTarget {
  /** Where the API answers, without its path. */
  readonly url: string;
  readonly token: string;
  readonly namespace: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

export type Ended = Extract<Report, { kind: 'ended' }>;

const Page = z.object({ items: z.array(DeadLetterEntry), next: z.int().nullable() });

/** Above the longest that the API takes to read. */
const HEADERS_TIMEOUT_MS = 40_000;
/** Reports come about once a second. */
const SILENCE_TIMEOUT_MS = 60_000;

/**
 * The API of dead letters, of one webhook. It asks whatever answers at a URL, so a forwarded port will do.
 * Every method throws an Error with the API's own words, or one that says that nothing answers.
 */
export class DeadLetterClient {
  readonly #target: ClientTarget;

  constructor(target: ClientTarget) {
    this.#target = target;
  }

  /** One page. */
  async list(query: URLSearchParams): Promise<z.output<typeof Page>> {
    return Page.parse(await (await this.#get(`?${query.toString()}`)).body.json());
  }

  async count(query: URLSearchParams): Promise<DeadLetterCounts> {
    return DeadLetterCounts.parse(await (await this.#get(`/count?${query.toString()}`)).body.json());
  }

  async show(sequence: number): Promise<DeadLetterEntry> {
    return DeadLetterEntry.parse(await (await this.#get(`/${sequence}`)).body.json());
  }

  /** The bytes that Intercom sent. */
  async body(sequence: number): Promise<Buffer> {
    return Buffer.from(await (await this.#get(`/${sequence}/body`)).body.arrayBuffer());
  }

  /** Redrives or drops. Tells of every report; resolves with the last. */
  async change(verb: 'redrive' | 'drop', what: object, onReport: (report: Report) => void): Promise<Ended> {
    const { body } = await this.#send(`/${verb}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(what),
    });
    for await (const line of createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })) {
      const report = Report.parse(JSON.parse(line));
      onReport(report);
      if (report.kind === 'ended') return report;
    }
    throw new Error(`the connection broke before the end: count what is left, and ${verb} again`);
  }

  #get(path: string): Promise<Dispatcher.ResponseData> {
    return this.#send(path, { method: 'GET' });
  }

  async #send(path: string, options: Pick<Dispatcher.RequestOptions, 'method' | 'body'> & { headers?: object }) {
    const { url, token, namespace, name, signal } = this.#target;
    const place = [namespace, name].map(encodeURIComponent).join('/');
    const answer = await request(`${url}/v1/webhooks/${place}/dead-letters${path}`, {
      ...options,
      headers: { ...options.headers, authorization: `Bearer ${token}` },
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: SILENCE_TIMEOUT_MS,
      signal,
    }).catch((error: unknown) => {
      throw new Error(`nothing answers at ${url}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    });
    if (answer.statusCode === 200) return answer;
    const problem = Problem.safeParse(await answer.body.json().catch(() => null));
    throw new Error(problem.success ? problem.data.detail : `${url} answered ${answer.statusCode}`);
  }
}

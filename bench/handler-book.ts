import { request } from 'undici';
import * as z from 'zod';
import type { LocalPod } from '#cli/local/plan.ts';

const Summary = z.object({
  calls: z.int(),
  /** Calls for what had come before. */
  repeated: z.int(),
  /** Calls that came after one for something newer of the same key. */
  outOfOrder: z.int(),
  /** When the first and the last call came, ms since 1970. */
  firstMs: z.number(),
  lastMs: z.number(),
});
type Summary = z.output<typeof Summary>;

const Call = z.object({
  ordinal: z.int(),
  atMs: z.number(),
  headers: z.record(z.string(), z.array(z.string())),
  crc32: z.int(),
});
export type Call = z.output<typeof Call>;

/** The program of `bench/handler`, which answers 200 to everything at once. */
export const handlerPod = (program: string, port: number): LocalPod => ({
  name: 'handler',
  labels: {},
  files: [],
  containers: [
    {
      name: 'handler',
      argv: [program, '-port', String(port)],
      env: {},
      startup: { port, path: null },
      readiness: null,
      ports: { http: port },
    },
  ],
  graceMs: 1_000,
});

/** What the handler has written down of the calls to one path. */
export class HandlerBook {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async summary(): Promise<Summary> {
    return Summary.parse(await this.#json(this.#url));
  }

  /** The newest call of each key. */
  async latest(): Promise<Map<string, Call>> {
    return new Map(Object.entries(z.record(z.string(), Call).parse(await this.#json(`${this.#url}?latest`))));
  }

  /** Begins a new one; calls take so long from now on. */
  async begin(delayMs = 0): Promise<void> {
    const { body } = await request(`${this.#url}?delay=${delayMs}ms`, { method: 'DELETE' });
    await body.dump();
  }

  async #json(url: string): Promise<unknown> {
    const { body } = await request(url);
    return await body.json();
  }
}

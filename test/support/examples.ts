import { readdirSync, readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

const FOLDER = new URL('../../examples/', import.meta.url);

const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().exactOptional() }),
  /** Of a Secret. */
  stringData: z.record(z.string(), z.string()).exactOptional(),
});
export type Manifest = z.output<typeof Manifest>;

/** The files of `examples/` that `kubectl apply -f examples/` would read. */
export const exampleFiles: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .sort();

/**
 * The documents of one of them, in their order.
 * @throws Error where it is not YAML, or a document is no object of Kubernetes
 */
export const manifestsOf = (file: string): readonly Manifest[] =>
  parseAllDocuments(readFileSync(new URL(file, FOLDER), 'utf8')).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return Manifest.parse(document.toJS());
  });

export const isWebhook = ({ kind }: Manifest): boolean => kind === 'IntercomWebhook';

import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';

/** Secrets by `namespace/name`, their values decoded. */
export type Secrets = ReadonlyMap<string, Readonly<Record<string, string>>>;

export interface Manifests {
  readonly webhooks: readonly IntercomWebhook[];
  readonly secrets: Secrets;
  /** `Kind/name` of what a cluster would know and local mode does not. */
  readonly ignored: readonly string[];
}

/**
 * Reads a file of Kubernetes manifests: IntercomWebhooks and the Secrets they refer to.
 * @throws Error naming file, resource and field of everything that is wrong
 */
export async function readManifests(file: string): Promise<Manifests> {
  const documents = parseAllDocuments(await readFile(file, 'utf8'));
  const problems = documents.flatMap((document) => document.errors.map((error) => error.message));
  const webhooks: IntercomWebhook[] = [];
  const secrets = new Map<string, Record<string, string>>();
  const ignored: string[] = [];
  for (const document of documents) {
    const object: unknown = document.toJS();
    if (!isObject(object)) continue;
    const id = `${object.kind}/${object.metadata?.name ?? ''}`;
    if (object.kind === 'IntercomWebhook') {
      const parsed = parseWebhook(object);
      if (parsed.kind === 'ok') webhooks.push(parsed.webhook);
      else problems.push(...parsed.problems.map((problem) => `${id}: ${problem.path}: ${problem.message}`));
    } else if (object.kind === 'Secret') {
      secrets.set(`${object.metadata?.namespace ?? 'default'}/${object.metadata?.name ?? ''}`, secretValues(object));
    } else {
      ignored.push(id);
    }
  }
  if (problems.length > 0) throw new Error(`${file}: ${problems.join(`\n${file}: `)}`);
  if (webhooks.length === 0) throw new Error(`${file}: holds no IntercomWebhook`);
  return { webhooks, secrets, ignored };
}

interface Manifest {
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly data?: Record<string, string>;
  readonly stringData?: Record<string, string>;
}

const isObject = (value: unknown): value is Manifest =>
  typeof value === 'object' && value !== null && typeof (value as { kind?: unknown }).kind === 'string';

const secretValues = ({ data = {}, stringData = {} }: Manifest): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')])),
  ...stringData,
});

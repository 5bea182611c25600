import { describe, expect, test } from 'vitest';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import { structural } from '#operator/api/structural-schema.ts';
import { type IntercomWebhook, LOCAL_COMMAND_ANNOTATION, Spec } from '#operator/api/v1alpha1.ts';
import { topics } from '#services/simulator/catalogue.ts';
import { exampleFiles, isWebhook, type Manifest, manifestsOf } from '#test/support/examples.ts';
import { placeOf } from '#test/support/place.ts';
import { nodesOf } from '#test/support/structural-schema.ts';

function parsed(manifest: Manifest): IntercomWebhook {
  const result = parseWebhook(manifest);
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result.webhook;
}

const manifests = exampleFiles.flatMap(manifestsOf);
const webhooks = manifests.filter(isWebhook);
const secrets = manifests.filter(({ kind }) => kind === 'Secret');

/** `name/key` of every Secret's key that must be there, wherever in a value it is named. */
function keysNamed(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    const refs = /secretKeyRefs?$/i.test(field) ? [inner].flat() : [];
    return [
      ...refs.filter(({ optional }) => optional !== true).map(({ name, key }) => `${name}/${key}`),
      ...keysNamed(inner),
    ];
  });
}

describe('the examples', () => {
  test.each(webhooks.map((manifest) => [manifest.metadata.name, manifest] as const))('%s is valid', (_, manifest) => {
    expect(parsed(manifest).kind).toBe('IntercomWebhook');
  });

  test('subscribe to topics that Intercom has', () => {
    const known = new Set<string>(topics);
    const declared = webhooks.flatMap((manifest) => parsed(manifest).spec.topics);
    expect(declared.filter((topic) => !known.has(topic))).toEqual([]);
  });

  test('can all be applied at once: no two have the same name, or the same host', () => {
    const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
    const hosts = webhooks.flatMap((manifest) => parsed(manifest).spec.endpoint.host ?? []);
    expect(hosts).toEqual([...new Set(hosts)]);
  });

  test('come with every Secret that they name, and no other', () => {
    const there = secrets.flatMap(({ metadata, stringData }) =>
      Object.keys(stringData ?? {}).map((key) => `${metadata.name}/${key}`),
    );
    expect([...new Set(webhooks.flatMap(keysNamed))].sort()).toEqual(there.sort());
  });

  test('show every field, in full.yaml', () => {
    const fields = nodesOf(structural(Spec), 'spec').map(({ path }) => path);
    const shown = manifestsOf('full.yaml');
    expect(fields.filter((path) => shown.every((manifest) => placeOf(manifest, path) === null))).toEqual([]);
  });

  test('the demo has a command for the image that it cannot run without a cluster', () => {
    const [webhook] = manifestsOf('demo.yaml').filter(isWebhook).map(parsed);
    const commands = JSON.parse(webhook?.metadata.annotations[LOCAL_COMMAND_ANNOTATION] ?? '') as object;
    const images = webhook?.spec.handlers.filter(({ container }) => container !== undefined) ?? [];
    expect(Object.keys(commands)).toEqual(images.map(({ name }) => name));
  });
});

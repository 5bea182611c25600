import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Manifest } from '#cli/drill/manifest.ts';
import { readManifests } from '#cli/local/manifests.ts';

it('asks for as many workers as a drill wants, and is gone afterwards', async () => {
  const manifest = await Manifest.write(4);
  const { webhooks, secrets } = await readManifests(manifest.file);
  expect(webhooks.map(({ spec }) => spec.handlers.map(({ scaling }) => scaling.minReplicas))).toEqual([[4]]);
  expect(secrets.size).toBe(1);
  await manifest.remove();
  expect(existsSync(manifest.file)).toBe(false);
});

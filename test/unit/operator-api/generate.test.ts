import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { intercomWebhookCrd } from '#operator/api/crd.ts';

test('the committed CRD is the one that the schema makes', () => {
  expect(parse(readFileSync('crds/intercomwebhooks.yaml', 'utf8'))).toEqual(intercomWebhookCrd());
});

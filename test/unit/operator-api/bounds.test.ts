import { expect, test } from 'vitest';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import { specBoundCases } from './bound-cases.ts';

const cases = specBoundCases().map((each) => [each.name, each] as const);

test.each(cases)('refused where there is no API server, too: %s', (_, { field, resource }) => {
  const parsed = parseWebhook(resource);
  expect(parsed.kind === 'ok' ? [] : parsed.problems.map(({ path }) => path)).toContain(field);
});

import { describe, expect, test } from 'vitest';
import { intercomWebhookCrd } from '#operator/api/crd.ts';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import { nodesOf } from '#test/support/structural-schema.ts';
import { webhookInput } from '#test/support/webhook.ts';
import { RULE_CASES } from './rule-cases.ts';

const rulesOfTheCrd = intercomWebhookCrd().spec.versions.flatMap(({ schema }) =>
  nodesOf(schema.openAPIV3Schema).flatMap(({ path, node }) =>
    (node['x-kubernetes-validations'] ?? []).map((rule) => ({ path, node, ...rule })),
  ),
);
const aboutOneObject = rulesOfTheCrd.filter(({ rule }) => !rule.includes('oldSelf'));
const schemaPath = (path: string): string => path.replaceAll(/\[\d+\]/g, '[]');

describe('rules across fields', () => {
  test.each(RULE_CASES)('$name is refused at $path', ({ path, resource }) => {
    const parsed = parseWebhook(resource);
    expect(parsed).toEqual({ kind: 'invalid', problems: [{ path, message: expect.any(String) }] });
  });

  test('each rule of the CRD is broken by exactly one case, at the field that the CRD blames', () => {
    const inCrd = aboutOneObject.map(({ path, fieldPath, message }) => `${path}${fieldPath ?? ''}: ${message}`);
    const inCases = RULE_CASES.flatMap(({ resource }) => {
      const parsed = parseWebhook(resource);
      return parsed.kind === 'ok' ? [] : parsed.problems.map(({ path, message }) => `${schemaPath(path)}: ${message}`);
    });
    expect(inCases.sort()).toEqual(inCrd.sort());
  });

  test('changes are ruled for the start of a handler, and for size and class of a persistent spool', () => {
    const changes = rulesOfTheCrd.filter(({ rule }) => rule.includes('oldSelf'));
    expect(changes.map(({ path, fieldPath = '' }) => `${path}${fieldPath}`)).toEqual([
      'spec.receiver.spool.size',
      'spec.receiver.spool.storageClassName',
      'spec.handlers[].startFrom',
    ]);
  });

  test.each(rulesOfTheCrd)('$path: $rule reads only fields that exist', ({ node, rule, fieldPath }) => {
    const items = /self\.(\w+)\.all\((\w+), /g;
    const scopes = new Map([['self', node]]);
    for (const [, list = '', variable = ''] of rule.matchAll(items)) {
      const inner = node.properties?.[list]?.items;
      if (inner !== undefined) scopes.set(variable, inner);
    }
    const reads = [...rule.matchAll(/\b(\w+)((?:\.\w+)+)(\(?)/g)];
    const read = reads.map(([, variable = '', path = '', call]) => ({
      scope: scopes.get(variable === 'oldSelf' ? 'self' : variable),
      fields: path.split('.').slice(1, call === '(' ? -1 : undefined),
    }));
    const blamed = { scope: node, fields: fieldPath?.split('.').slice(1) ?? [] };
    for (const { scope, fields } of [...read, blamed]) {
      let at = scope;
      for (const field of fields) at = at?.properties?.[field];
      expect(at, fields.join('.')).toBeDefined();
    }
  });

  test('a block that is left out has its default, which no rule of another type refuses', () => {
    for (const endpoint of [{}, { type: 'LoadBalancer' as const }, { type: 'Ingress' as const, host: 'a.example' }]) {
      expect(parseWebhook(webhookInput({ endpoint })).kind).toBe('ok');
    }
  });
});

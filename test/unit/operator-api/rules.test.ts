import { describe, expect, test } from 'vitest';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import { webhookInput } from '#test/support/webhook.ts';
import { rulesOfTheCrd, schemaPath } from './crd-rules.ts';
import { CHANGE_CASES, RULE_CASES } from './rule-cases.ts';

describe('rules across fields', () => {
  test.each(RULE_CASES)('$name is refused at $path', ({ path, resource }) => {
    const parsed = parseWebhook(resource);
    expect(parsed).toEqual({ kind: 'invalid', problems: [{ path, message: expect.any(String) }] });
  });

  test('each rule of the CRD is broken by exactly one case, at the field that the CRD blames', () => {
    const aboutOneObject = rulesOfTheCrd.filter(({ isAboutChange }) => !isAboutChange);
    const inCrd = aboutOneObject.map(({ blamed, message }) => `${blamed}: ${message}`);
    const inCases = RULE_CASES.flatMap(({ resource }) => {
      const parsed = parseWebhook(resource);
      return parsed.kind === 'ok' ? [] : parsed.problems.map(({ path, message }) => `${schemaPath(path)}: ${message}`);
    });
    expect(inCases.sort()).toEqual(inCrd.sort());
  });

  test('each rule about a change has one case, at the field that the CRD blames', () => {
    const inCrd = rulesOfTheCrd.filter(({ isAboutChange }) => isAboutChange).map(({ blamed }) => blamed);
    expect(CHANGE_CASES.map(({ path }) => schemaPath(path)).sort()).toEqual(inCrd.sort());
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

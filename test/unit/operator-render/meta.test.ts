import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ingressComponent, nameOf, workerComponent } from '#operator/render/meta.ts';
import { webhook } from '#test/support/webhook.ts';

const named = (name: string) => ({ ...webhook(), metadata: { ...webhook().metadata, name } });
const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,28}[a-z0-9])?$/);
const subdomain = fc.array(label, { minLength: 1, maxLength: 8 }).map((labels) => labels.join('.'));
/** Of 52 characters at most: with a dash and ten more it is still the value of a label. */
const NAME = /^[a-z]([-a-z0-9]{0,50}[a-z0-9])?$/;

test('names are readable where they can be', () => {
  expect(nameOf('support', 'ingress')).toBe('icw-support-ingress');
  expect(nameOf('support', 'audit', 'worker')).toBe('icw-support-audit-worker');
});

test('every name is valid for every kind of object, and every label value is', () => {
  fc.assert(
    fc.property(subdomain, label, (name, handler) => {
      for (const { name: made, selector } of [ingressComponent(named(name)), workerComponent(named(name), handler)]) {
        expect(made).toMatch(NAME);
        for (const value of Object.values(selector)) {
          expect(value).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
        }
      }
    }),
  );
});

test('no two workloads share a name, however their parts are cut', () => {
  const parts = fc.stringMatching(/^[ab](-[ab]){0,3}$/);
  fc.assert(
    fc.property(parts, parts, parts, parts, (webhookA, handlerA, webhookB, handlerB) => {
      fc.pre(webhookA !== webhookB || handlerA !== handlerB);
      expect(nameOf(webhookA, handlerA, 'worker')).not.toBe(nameOf(webhookB, handlerB, 'worker'));
    }),
  );
});

test('resources whose long names begin alike are told apart', () => {
  const long = 'a'.repeat(80);
  expect(ingressComponent(named(long)).selector['app.kubernetes.io/instance']).toHaveLength(63);
  expect(ingressComponent(named(`${long}1`)).name).not.toBe(ingressComponent(named(`${long}2`)).name);
  expect(ingressComponent(named(`${long}1`)).selector).not.toEqual(ingressComponent(named(`${long}2`)).selector);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { adminConnection, connectedKube, sharedKubeconfig, testNamespace } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { type Strict, strictly, type Verdict } from '#test/support/strictly.ts';
import { webhookInput } from '#test/support/webhook.ts';
import { type BoundCase, specBoundCases, statusBoundCases } from '#test/unit/operator-api/bound-cases.ts';
import { rulesOfTheCrd, schemaPath } from '#test/unit/operator-api/crd-rules.ts';
import { ALLOWED_CHANGES, CHANGE_CASES, RULE_CASES } from '#test/unit/operator-api/rule-cases.ts';

trackLeaks();

let api: Strict;
let kube: Kube;
let namespace: string;
beforeAll(async () => {
  const admin = await adminConnection(sharedKubeconfig());
  kube = connectedKube(admin);
  api = strictly(admin);
  namespace = await testNamespace(kube);
});
afterAll(() => {
  kube.close();
  api.close();
});

const inside = (resource: object, namespace: string) => ({ ...resource, metadata: { namespace, name: 'support' } });

/** Makes a resource in a namespace of its own. */
async function made(resource: object) {
  const verdict = await api.create(INTERCOM_WEBHOOKS, inside(resource, await testNamespace(kube)));
  if (verdict.kind === 'refused') throw new Error(JSON.stringify(verdict.complaints));
  return verdict.object;
}

/** The API server puts the kind of error, and a short value, before what a rule says. */
const complaint = ({ path, message }: { path: string; message: string }) => ({
  field: path,
  message: expect.stringContaining(`: ${message}`) as string,
});

/** Longer names than these would be cut where a title takes them from a field. */
const byName = (cases: readonly BoundCase[]) => cases.map((each) => [each.name, each] as const);

const complaintsOf = (verdict: Verdict) => (verdict.kind === 'accepted' ? [] : verdict.complaints);

describe('a resource that breaks a rule across fields', () => {
  it.each(RULE_CASES)('is refused as without an API server: $name', async ({ resource }) => {
    const verdict = await api.wouldCreate(INTERCOM_WEBHOOKS, inside(resource, namespace));
    const parsed = parseWebhook(resource);
    expect(complaintsOf(verdict)).toEqual(parsed.kind === 'ok' ? 'to be refused' : parsed.problems.map(complaint));
  });
});

describe('a change', () => {
  /** @returns what the API server says of a change of a resource that is there */
  async function changed(before: object, after: object): Promise<Verdict> {
    const { metadata } = await made(before);
    return api.wouldReplace(INTERCOM_WEBHOOKS, { ...after, metadata });
  }

  it.each(CHANGE_CASES)('is refused: $name', async ({ path, before, after }) => {
    const rule = rulesOfTheCrd.find(({ isAboutChange, blamed }) => isAboutChange && blamed === schemaPath(path));
    expect(complaintsOf(await changed(before, after))).toEqual([complaint({ path, message: rule?.message ?? '' })]);
  });

  it.each(ALLOWED_CHANGES)('is allowed: $name', async ({ before, after }) => {
    expect(await changed(before, after)).toMatchObject({ kind: 'accepted' });
  });
});

describe('a resource beyond a bound', () => {
  it.each(byName(specBoundCases()))('is refused: %s', async (_, { field, says, resource }) => {
    const verdict = await api.wouldCreate(INTERCOM_WEBHOOKS, inside(resource, namespace));
    expect(complaintsOf(verdict)).toContainEqual({ field, message: expect.stringContaining(says) });
  });
});

describe('a status beyond a bound', () => {
  let support: Awaited<ReturnType<typeof made>>;
  beforeAll(async () => {
    support = await made(webhookInput());
  });

  it.each(byName(statusBoundCases()))('is refused: %s', async (_, { field, says, resource }) => {
    const verdict = await api.wouldReplace(INTERCOM_WEBHOOKS, { ...support, ...resource }, 'status');
    expect(complaintsOf(verdict)).toContainEqual({ field, message: expect.stringContaining(says) });
  });
});

it('a field that does not exist is refused', async () => {
  const { spec } = webhookInput();
  const resource = inside({ ...webhookInput(), spec: { ...spec, tpoics: [] } }, namespace);
  const message = expect.stringContaining('unknown field "spec.tpoics"') as string;
  expect(complaintsOf(await api.wouldCreate(INTERCOM_WEBHOOKS, resource))).toEqual([{ field: '', message }]);
});

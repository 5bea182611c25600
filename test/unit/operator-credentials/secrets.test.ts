import type { V1Deployment } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { hasCredentials, type NatsAccess, renewalDueMs, usersOf } from '#operator/credentials/access.ts';
import { createIssuer, rolesOf } from '#operator/credentials/issuer.ts';
import { readJwt } from '#operator/credentials/jwt.ts';
import { renderCredentials } from '#operator/credentials/secrets.ts';
import type { Rendered } from '#operator/render/facts.ts';
import { render } from '#operator/render/render.ts';
import { NATS_CA_FILE, NATS_CREDS_FILE } from '#shared/contract.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhook } from '#test/support/webhook.ts';

const SEED = 'SOAAOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOBYHA4DQOB4CS4';
const NOW_MS = Date.UTC(2026, 10, 22, 12);
const owner = { uid: renderFacts().uid };
const container = { image: 'registry.example/handler:1.4' };
const resource = webhook({
  handlers: [
    { name: 'support', container },
    { name: 'audit', container, orderBy: 'None' },
  ],
});

const isolated = (clusterId = 'cluster-1'): NatsAccess => ({
  kind: 'isolated',
  issuer: createIssuer({ operatorSeed: SEED, clusterId }),
});

const AUTHORITIES = '-----BEGIN CERTIFICATE-----';

const rendered = (
  access = isolated(),
  { nowMs = NOW_MS, of = resource, uid = owner.uid, authorities = null as string | null } = {},
) => renderCredentials(of, { uid }, { access, authorities, nowMs });

/** By name of the Secret: what the user in it may do, as the server reads it. */
const claimsOf = (secrets: ReturnType<typeof rendered>) =>
  Object.fromEntries(
    secrets.map(({ metadata, data }) => {
      const file = Buffer.from(data?.[NATS_CREDS_FILE] ?? '', 'base64').toString();
      return [metadata?.name ?? '', readJwt(file.split('\n')[1] ?? '')];
    }),
  );

describe('the credentials of a resource', () => {
  test('allow what is recorded, and nothing else', async () => {
    const lists = Object.entries(claimsOf(rendered())).map(([name, { nats }]) => [
      name,
      { publish: nats['pub'], subscribe: nats['sub'] },
    ]);
    await expect(stringify(Object.fromEntries(lists))).toMatchFileSnapshot('golden/permissions.yaml');
  });

  test('allow nothing in the bucket of claims where those live in Redis', () => {
    const inRedis = renderCredentials(
      resource,
      { ...owner, redisUrl: 'redis://r' },
      { access: isolated(), authorities: null, nowMs: NOW_MS },
    );
    expect(JSON.stringify(claimsOf(rendered()))).toContain('KV');
    expect(JSON.stringify(claimsOf(inRedis))).not.toContain('KV');
  });

  test('are a Secret for each workload, owned by the resource, and the one that its pods mount', () => {
    const objects = render(resource, renderFacts({ hasNatsCredentials: true }));
    expect(new Set(rendered().map(({ metadata }) => metadata?.name))).toEqual(new Set(mountedBy(objects)));
    expect(mountedBy(objects)).toHaveLength(3);
    for (const { metadata } of rendered()) {
      expect(metadata).toMatchObject({ namespace: 'crm', ownerReferences: [{ uid: owner.uid, controller: true }] });
    }
  });

  test('are the same bytes until they are due, and others then', () => {
    const dueMs = renewalDueMs(isolated(), { uid: owner.uid, nowMs: NOW_MS }) ?? 0;
    expect(dueMs).toBeGreaterThan(NOW_MS);
    expect(rendered(isolated(), { nowMs: dueMs - 1 })).toEqual(rendered());
    const names = Object.keys(claimsOf(rendered()));
    const [before, after] = [claimsOf(rendered()), claimsOf(rendered(isolated(), { nowMs: dueMs }))];
    for (const name of names) {
      expect(after[name]).toEqual({
        ...before[name],
        issuedAt: (before[name]?.issuedAt ?? 0) + 86_400,
        expiresAt: (before[name]?.expiresAt ?? 0) + 86_400,
      });
    }
  });

  test.each<[string, ReturnType<typeof rendered>, 'account' | 'user']>([
    ['another namespace', rendered(isolated(), { of: inNamespace('other') }), 'account'],
    ['another cluster', rendered(isolated('cluster-2')), 'account'],
    ['a resource that took the name of another', rendered(isolated(), { uid: 'another-uid' }), 'user'],
  ])('have another %s for another', (_, others, kind) => {
    const keys = (secrets: typeof others) =>
      Object.values(claimsOf(secrets)).map(({ issuer, subject }) => (kind === 'account' ? issuer : subject));
    expect(keys(others)).toHaveLength(3);
    expect(keys(others).filter((key) => keys(rendered()).includes(key))).toEqual([]);
  });

  test('are those of the users that are revoked by their public keys', () => {
    const access = isolated();
    const users = usersOf(access, owner.uid, rolesOf(resource));
    expect(Object.values(claimsOf(rendered())).map(({ subject }) => subject)).toEqual(users);
  });

  test('are the shared ones where there is one user, and never due', () => {
    const access: NatsAccess = { kind: 'shared', creds: 'those of all' };
    const contents = rendered(access).map(({ data }) =>
      Buffer.from(data?.[NATS_CREDS_FILE] ?? '', 'base64').toString(),
    );
    expect(contents).toEqual(['those of all', 'those of all', 'those of all']);
    expect(renewalDueMs(access, { uid: owner.uid, nowMs: NOW_MS })).toBeNull();
    expect(hasCredentials(access)).toBe(true);
  });

  test('are none where none are needed', () => {
    const access: NatsAccess = { kind: 'shared', creds: null };
    expect(rendered(access)).toEqual([]);
    expect(hasCredentials(access)).toBe(false);
    expect(hasCredentials(isolated())).toBe(true);
  });

  test.each<[string, NatsAccess, string[]]>([
    ['the credentials of each', isolated(), ['user.creds', 'ca.crt']],
    ['those of all', { kind: 'shared', creds: 'those of all' }, ['user.creds', 'ca.crt']],
    ['nothing where no credentials are needed', { kind: 'shared', creds: null }, ['ca.crt']],
  ])('have the authorities of the servers beside %s, and the pods mount both', (_, access, files) => {
    const secrets = rendered(access, { authorities: AUTHORITIES });
    expect(secrets.map(({ data }) => Object.keys(data ?? {}))).toEqual([files, files, files]);
    expect(Buffer.from(secrets[0]?.data?.[NATS_CA_FILE] ?? '', 'base64').toString()).toBe(AUTHORITIES);
    const facts = renderFacts({ hasNatsCredentials: hasCredentials(access), hasNatsAuthorities: true });
    const mounted = natsVolumes(render(resource, facts));
    expect(new Set(mounted.map(({ name }) => name))).toEqual(new Set(secrets.map(({ metadata }) => metadata?.name)));
    expect(mounted.map(({ items }) => items?.map(({ path }) => path))).toEqual([files, files, files]);
  });
});

function inNamespace(namespace: string): IntercomWebhook {
  return { ...resource, metadata: { ...resource.metadata, namespace } };
}

/** What the pods of workloads mount for NATS. */
const natsVolumes = (objects: readonly Rendered[]) =>
  objects
    .filter((object): object is V1Deployment => object.kind === 'Deployment')
    .flatMap(({ spec }) => spec?.template.spec?.volumes ?? [])
    .filter(({ name }) => name === 'icw-nats')
    .flatMap(({ projected }) => projected?.sources ?? [])
    .flatMap(({ secret }) => secret ?? []);

const mountedBy = (objects: readonly Rendered[]): string[] => natsVolumes(objects).map(({ name }) => name ?? '');

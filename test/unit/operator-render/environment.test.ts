import type { V1ConfigMap, V1Container, V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import type { Rendered, RenderFacts } from '#operator/render/facts.ts';
import { render } from '#operator/render/render.ts';
import { handlerConfig } from '#services/handlers/config.ts';
import { ingressConfig } from '#services/ingress/config.ts';
import { workerConfig } from '#services/worker/config.ts';
import { HandlerEnv, IngressEnv, WorkerEnv, webhookToken } from '#shared/contract.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { full, minimal, persistent, targets } from './resources.ts';

/** The environment of a container as the kubelet would make it. */
function environmentOf(
  { resource, facts = renderFacts() }: { resource: IntercomWebhook; facts?: RenderFacts },
  workload: string,
  container: string,
): Record<string, string> {
  const objects = render(resource, facts);
  const named = <T extends Rendered>(kinds: readonly string[], name: string | undefined) =>
    objects.find((object) => kinds.includes(object.kind ?? '') && object.metadata?.name === name) as T | undefined;
  const pod = named<V1Deployment | V1StatefulSet>(['Deployment', 'StatefulSet'], workload)?.spec?.template.spec;
  const found = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])].find(({ name }) => name === container);
  if (found === undefined) throw new Error(`no container ${container} in ${workload}`);
  const fromMaps = (found.envFrom ?? []).map(
    ({ configMapRef }) => named<V1ConfigMap>(['ConfigMap'], configMapRef?.name)?.data ?? {},
  );
  return Object.assign({}, ...fromMaps, single(found)) as Record<string, string>;
}

const single = ({ env = [] }: V1Container): Record<string, string> =>
  Object.fromEntries(
    env.map(({ name, value, valueFrom }) => [name, valueFrom?.fieldRef === undefined ? (value ?? '') : 'the-pod']),
  );

describe('what is rendered is what the processes read', () => {
  test('the ingress', () => {
    const environment = environmentOf({ resource: full }, 'icw-support-ingress', 'ingress');
    expect(Object.keys(environment).sort()).toEqual(Object.keys(IngressEnv.shape).sort());
    expect(ingressConfig(environment)).toEqual({
      POD_NAME: 'the-pod',
      WEBHOOK_NAMESPACE: 'crm',
      WEBHOOK_NAME: 'support',
      WEBHOOK_TOKEN: webhookToken('crm', 'support'),
      HOST: '0.0.0.0',
      INNER_PORT: 9090,
      NATS_URL: ['nats://nats.intercom-system.svc:4222'],
      NATS_CREDS_FILE: '',
      NATS_CA_FILE: '',
      DEAD_LETTER_TTL_MS: 72 * 3_600_000,
      LOG_LEVEL: 'info',
      PORT: 8080,
      WEBHOOK_PATH: '/hooks/intercom',
      TOPICS: ['conversation.user.created', 'conversation.user.replied', 'contact.user.created'],
      WORKSPACES: ['abc12345', 'def67890'],
      MAX_BODY_BYTES: 2_097_152,
      SIGNING_SECRETS_DIR: '/var/run/intercom-operator/signing',
      DRAIN_DELAY_MS: 20_000,
      SPOOL_DIR: '/var/lib/intercom-operator/spool',
      SPOOL_STORAGE: 'Ephemeral',
      SPOOL_MAX_BYTES: 1_073_741_824,
      EVENTS_RETENTION_MS: 48 * 3_600_000,
    } satisfies IngressEnv);
  });

  test('an ingress whose spool outlives its pod', () => {
    const environment = environmentOf({ resource: persistent }, 'icw-support-ingress', 'ingress');
    expect(ingressConfig(environment)).toMatchObject({ SPOOL_STORAGE: 'Persistent', SPOOL_MAX_BYTES: 2 * 1024 ** 3 });
  });

  test('the worker', () => {
    const facts = renderFacts({ redisUrl: 'redis://redis:6379' });
    const [deployment] = render(full, facts).filter(({ metadata }) => metadata?.name?.includes('support-bot'));
    const environment = environmentOf({ resource: full, facts }, deployment?.metadata?.name ?? '', 'worker');
    expect(Object.keys(environment).sort()).toEqual(Object.keys(WorkerEnv.shape).sort());
    expect(workerConfig(environment)).toEqual({
      POD_NAME: 'the-pod',
      WEBHOOK_NAMESPACE: 'crm',
      WEBHOOK_NAME: 'support',
      WEBHOOK_TOKEN: webhookToken('crm', 'support'),
      HOST: '0.0.0.0',
      INNER_PORT: 9090,
      NATS_URL: ['nats://nats.intercom-system.svc:4222'],
      NATS_CREDS_FILE: '',
      NATS_CA_FILE: '',
      DEAD_LETTER_TTL_MS: 72 * 3_600_000,
      LOG_LEVEL: 'info',
      HANDLER: 'support-bot',
      HANDLER_URL: 'http://127.0.0.1:3000/intercom',
      HANDLER_AUTH_FILE: '',
      CONCURRENCY: 4,
      ORDER_BY: 'Subject',
      TIMEOUT_MS: 90_000,
      RETRY_MAX_AGE_MS: 24 * 3_600_000,
      RETRY_MAX_ATTEMPTS: 5,
      RETRY_MIN_BACKOFF_MS: 2_000,
      RETRY_MAX_BACKOFF_MS: 60_000,
      EVENTS_RETENTION_MS: 48 * 3_600_000,
      CLAIMS_RETENTION_MS: 96 * 3_600_000,
      CLAIM_LEASE_MS: 10_000,
      WORKSPACE_REGIONS: { abc12345: 'EU', def67890: 'US' },
      REDIS_URL: 'redis://redis:6379',
    } satisfies WorkerEnv);
  });

  test('a built-in handler', () => {
    const environment = environmentOf({ resource: targets }, 'icw-support-audit-worker', 'audit');
    expect(Object.keys(environment).sort()).toEqual(Object.keys(HandlerEnv.shape).sort());
    expect(handlerConfig(environment)).toEqual({ HOST: '0.0.0.0', PORT: 8080 });
  });

  test("a user's container hears its port beside its own variables", () => {
    const environment = environmentOf({ resource: minimal }, 'icw-support-support-worker', 'support');
    expect(environment).toEqual({ HOST: '0.0.0.0', PORT: '8080' });
  });

  test.each([
    [
      'crm',
      { HANDLER_URL: 'http://crm.crm.svc:8000/in', HANDLER_AUTH_FILE: '/var/run/intercom-operator/handler-auth/token' },
    ],
    ['elsewhere', { HANDLER_URL: 'https://crm.example/in?source=intercom', HANDLER_AUTH_FILE: '' }],
    ['audit', { HANDLER_URL: 'http://127.0.0.1:8080/', HANDLER_AUTH_FILE: '' }],
  ])('the worker of handler %s knows where to call', (handler, expected) => {
    const environment = environmentOf({ resource: targets }, `icw-support-${handler}-worker`, 'worker');
    expect(workerConfig(environment)).toMatchObject(expected);
  });

  test.each([
    ['icw-support-ingress', 'ingress'],
    ['icw-support-support-worker', 'worker'],
  ])('%s looks for the authorities of the NATS servers where they are mounted', (workload, process) => {
    const facts = renderFacts({ hasNatsAuthorities: true });
    const environment = environmentOf({ resource: minimal, facts }, workload, process);
    const deployment = render(minimal, facts).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata?.name === workload,
    ) as V1Deployment;
    const mount = deployment.spec?.template.spec?.containers[0]?.volumeMounts?.find(({ name }) => name === 'icw-nats');
    expect(environment).toMatchObject({ NATS_CA_FILE: `${mount?.mountPath}/ca.crt`, NATS_CREDS_FILE: '' });
  });

  test.each([
    ['icw-support-ingress', 'ingress'],
    ['icw-support-support-worker', 'worker'],
  ])('%s looks for its credentials for NATS where they are mounted', (workload, process) => {
    const facts = renderFacts({ hasNatsCredentials: true });
    const environment = environmentOf({ resource: minimal, facts }, workload, process);
    const deployment = render(minimal, facts).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata?.name === workload,
    ) as V1Deployment;
    const pod = deployment.spec?.template.spec;
    const mount = pod?.containers[0]?.volumeMounts?.find(({ name }) => name === 'icw-nats');
    expect(environment['NATS_CREDS_FILE']).toBe(`${mount?.mountPath}/user.creds`);
    expect(mount?.readOnly).toBe(true);
    expect(pod?.volumes?.find(({ name }) => name === mount?.name)?.projected).toEqual({
      defaultMode: 0o440,
      sources: [{ secret: { name: `${workload}-nats`, items: [{ key: 'user.creds', path: 'user.creds' }] } }],
    });
  });

  test('secrets are mounted where the processes look for them', () => {
    const deployment = render(full, renderFacts()).find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata?.name === 'icw-support-ingress',
    ) as V1Deployment;
    const pod = deployment.spec?.template.spec;
    const [mount] = pod?.containers[0]?.volumeMounts ?? [];
    const environment = environmentOf({ resource: full }, 'icw-support-ingress', 'ingress');
    expect(mount).toMatchObject({ mountPath: environment['SIGNING_SECRETS_DIR'], readOnly: true });
    expect(pod?.volumes?.find(({ name }) => name === mount?.name)?.projected).toEqual({
      defaultMode: 0o440,
      sources: [
        { secret: { name: 'intercom-support', items: [{ key: 'client-secret', path: '0' }] } },
        { secret: { name: 'intercom-support-old', items: [{ key: 'secret', path: '1' }] } },
      ],
    });
  });
});

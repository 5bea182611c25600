import { describe, expect, test } from 'vitest';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import { webhookInput } from '#test/support/webhook.ts';

const problemsOf = (value: unknown) => {
  const parsed = parseWebhook(value);
  return parsed.kind === 'ok' ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
};

describe('reading a resource without an API server', () => {
  test('fills in every default of the design', () => {
    const parsed = parseWebhook(webhookInput());
    expect(parsed).toMatchObject({
      kind: 'ok',
      webhook: {
        spec: {
          workspaces: [],
          endpoint: { type: 'ClusterIP', path: '/intercom', proxyPeers: [{ namespaceSelector: {}, podSelector: {} }] },
          allowlist: { mode: 'Audit', extraCIDRs: [], configMapRef: { name: '' }, refreshInterval: '1h' },
          receiver: {
            scaling: { minReplicas: 2, maxReplicas: 10 },
            maxBodyBytes: 1_048_576,
            spool: { storage: 'Ephemeral', size: '1Gi', storageClassName: '' },
            resources: {},
            template: {},
          },
          handlers: [
            {
              container: { port: 8080, path: '/', env: [], envFrom: [], resources: {} },
              topics: [],
              orderBy: 'Subject',
              startFrom: 'Now',
              concurrency: 16,
              timeout: '60s',
              retry: { maxAge: '72h', maxAttempts: 20, minBackoff: '1s', maxBackoff: '10m' },
              scaling: { minReplicas: 1, maxReplicas: 20, lagTarget: 50 },
              template: {},
              suspend: false,
            },
          ],
          retention: { events: '168h', deadLetters: '336h', claims: '336h', maxBytes: '1Gi' },
          deletionPolicy: 'Retain',
          suspend: false,
        },
      },
    });
  });

  test('names every field that is wrong, at once', () => {
    const input = webhookInput({ topics: ['conversation.*'], suspend: 'yes' as unknown as boolean });
    expect(problemsOf(input)).toEqual([
      'spec.topics[0]: must be the name of a topic, without wildcards',
      'spec.suspend: Invalid input: expected boolean, received string',
    ]);
  });

  test('refuses a field that does not exist, where the API server would only warn or drop it', () => {
    const input = webhookInput();
    const handlers = [{ ...input.spec.handlers[0], tiemout: '5s' }];
    expect(problemsOf({ ...input, spec: { ...input.spec, handlers } })).toEqual([
      'spec.handlers[0].tiemout: is not a field: check its spelling and place',
    ]);
  });

  test('lets through what is passed on to Kubernetes as it is', () => {
    const template = {
      affinity: { podAntiAffinity: { preferred: [{ weight: 1 }] } },
      volumes: [{ name: 'rules', configMap: { name: 'rules' } }],
    };
    const [handler] = webhookInput().spec.handlers;
    const parsed = parseWebhook(webhookInput({ handlers: [{ name: 'support', ...handler, template }] }));
    expect(parsed).toMatchObject({ kind: 'ok', webhook: { spec: { handlers: [{ template }] } } });
  });

  test('refuses entries that are there twice in sets and maps', () => {
    const handler = { name: 'a', builtin: {} };
    expect(problemsOf(webhookInput({ topics: ['x', 'y', 'x'], handlers: [handler, handler] }))).toEqual([
      'spec.topics[2]: is there twice: "x"',
      'spec.handlers[1]: is there twice: ["a"]',
    ]);
  });

  test('refuses a map with more entries than the schema allows', () => {
    const annotations = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`a${n}`, '']));
    const endpoint = { type: 'LoadBalancer' as const, loadBalancer: { annotations } };
    expect(problemsOf(webhookInput({ endpoint }))).toEqual([
      'spec.endpoint.loadBalancer.annotations: has 65 entries; at most 64 are allowed',
    ]);
  });

  test.each([
    [null, ': must be an object of kind IntercomWebhook'],
    [{ ...webhookInput(), kind: 'Secret' }, 'kind: must be IntercomWebhook'],
    [{ ...webhookInput(), apiVersion: 'v1' }, 'apiVersion: must be intercom-operator.io/v1alpha1'],
  ])('refuses what is no IntercomWebhook of this version', (value, problem) => {
    expect(problemsOf(value)).toEqual([problem]);
  });
});

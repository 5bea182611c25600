import { describe, expect, it } from 'vitest';
import { operatorConfig } from '#operator/config.ts';
import { connect } from '#operator/kube/connect.ts';
import { trackForbidden } from '#operator/kube/forbidden.ts';
import { readinessOf } from '#operator/readiness.ts';

describe('the environment', () => {
  it('needs a name and a port, and has defaults for the rest', () => {
    expect(
      operatorConfig({
        POD_NAME: 'operator-0',
        INNER_PORT: '9090',
        IMAGE: 'image:1',
        NATS_URL: 'nats://nats:4222',
      }),
    ).toMatchObject({
      WATCH_NAMESPACE: '',
      LEASE_NAME: 'intercom-operator',
      WORKERS: 4,
      RESYNC_MS: 600_000,
      KUBECONFIG: '',
    });
  });

  it('is refused with every fault named', () => {
    expect(() => operatorConfig({ WORKERS: '0', LOG_LEVEL: 'loud' })).toThrow(
      /^operator: .*POD_NAME: .*INNER_PORT: .*LOG_LEVEL: .*WORKERS: .*IMAGE: .*NATS_URL: /,
    );
  });

  it('has to name an API server', async () => {
    const nowhere = { KUBECONFIG: '', KUBERNETES_SERVICE_HOST: '', KUBERNETES_SERVICE_PORT: '443' };
    await expect(connect(nowhere, () => 0)).rejects.toThrow('set KUBECONFIG');
  });
});

describe('readiness', () => {
  it('says what the role lacks and what cannot be heard, all at once', () => {
    expect(readinessOf({ forbidden: [], mirrors: [null, null] })).toEqual({ kind: 'ready' });
    expect(readinessOf({ forbidden: ['get leases.coordination.k8s.io'], mirrors: [null, 'deaf'] })).toEqual({
      kind: 'not-ready',
      reason: 'the role does not allow: get leases.coordination.k8s.io\ndeaf',
    });
  });

  it('names a verb and resource as a role does, until such a call is allowed', () => {
    const forbidden = trackForbidden();
    const webhooks = {
      group: 'intercom-operator.io',
      version: 'v1alpha1',
      kind: 'IntercomWebhook',
      plural: 'intercomwebhooks',
    };
    const call = { verb: 'apply', resource: webhooks, subresource: 'status' } as const;
    forbidden.onCall({ ...call, ref: { namespace: 'crm', name: 'a' } }, 'forbidden', 0);
    forbidden.onCall({ ...call, ref: { namespace: 'crm', name: 'b' } }, 'forbidden', 0);
    forbidden.onCall({ verb: 'replace', resource: webhooks }, 'forbidden', 0);
    forbidden.onCall({ ...call, ref: { namespace: 'crm', name: 'b' } }, 'unavailable', 0);
    expect(forbidden.list()).toEqual([
      'patch intercomwebhooks.intercom-operator.io/status',
      'update intercomwebhooks.intercom-operator.io',
    ]);
    forbidden.onCall({ ...call, ref: { namespace: 'crm', name: 'c' } }, 'ok', 0);
    expect(forbidden.list()).toEqual(['update intercomwebhooks.intercom-operator.io']);
  });
});

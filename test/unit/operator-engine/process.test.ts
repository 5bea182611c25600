import { describe, expect, it } from 'vitest';
import { operatorConfig } from '#operator/config.ts';
import { connect } from '#operator/kube/connect.ts';
import { trackForbidden } from '#operator/kube/forbidden.ts';
import { readinessOf } from '#operator/readiness.ts';

const LEAST = { POD_NAME: 'operator-0', INNER_PORT: '9090', IMAGE: 'image:1', NATS_URL: 'nats://nats:4222' };

describe('the environment', () => {
  it('needs a name and a port, and has defaults for the rest', () => {
    expect(operatorConfig(LEAST)).toMatchObject({
      WATCH_NAMESPACES: [],
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

  it('names namespaces one by one, or none for all of them', () => {
    const watched = (text: string) => operatorConfig({ ...LEAST, WATCH_NAMESPACES: text }).WATCH_NAMESPACES;
    expect(watched(' ')).toEqual([]);
    expect(watched('crm, sales-2')).toEqual(['crm', 'sales-2']);
    const hundred = Array.from({ length: 100 }, (_, i) => `n${i}`);
    expect(watched(hundred.join(','))).toEqual(hundred);
  });

  it.each([
    ['crm,Sales,s_2', /WATCH_NAMESPACES\.1: "Sales" is not the name.*WATCH_NAMESPACES\.2: "s_2" is not/],
    ['crm,,sales', /WATCH_NAMESPACES\.1: "" is not the name of a namespace/],
    ['crm,sales,crm,crm', /WATCH_NAMESPACES: names more than once: "crm"$/],
    [Array.from({ length: 101 }, (_, i) => `n${i}`).join(','), /WATCH_NAMESPACES: must be 100 namespaces at most/],
  ])('is refused with namespaces %s', (text, refusal) => {
    expect(() => operatorConfig({ ...LEAST, WATCH_NAMESPACES: text })).toThrow(refusal);
  });

  it('takes peers of NetworkPolicies, and none with a selector that Kubernetes does not know', () => {
    const peers = (text: string) => operatorConfig({ ...LEAST, METRICS_FROM: text }).METRICS_FROM;
    const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
    const outside = { ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } };
    expect(peers(JSON.stringify([monitoring, outside]))).toEqual([monitoring, outside]);
    for (const wrong of [
      '{}',
      '[{}]',
      '[{"podSelectr":{}}]',
      '[{"podSelector":{"matchLabel":{}}}]',
      '[{"ipBlock":{"cidr":"x"}}]',
    ]) {
      expect(() => peers(wrong), wrong).toThrow(/METRICS_FROM/);
    }
    expect(() => peers(JSON.stringify([{ ...monitoring, ...outside }]))).toThrow(/or an ipBlock alone/);
    expect(operatorConfig(LEAST)).toMatchObject({ NETWORK_POLICIES: true, METRICS_FROM: [] });
    expect(operatorConfig({ ...LEAST, NETWORK_POLICIES: 'false' }).NETWORK_POLICIES).toBe(false);
    expect(() => operatorConfig({ ...LEAST, NETWORK_POLICIES: 'no' })).toThrow(/NETWORK_POLICIES/);
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
    const forbidden = trackForbidden([], 'home');
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

  it('names the namespace where each has a role of its own', () => {
    const forbidden = trackForbidden(['crm', 'sales'], 'home');
    const services = { group: '', version: 'v1', kind: 'Service', plural: 'services' };
    const list = { verb: 'list', resource: services } as const;
    forbidden.onCall({ ...list, ref: { namespace: 'crm' } }, 'forbidden', 0);
    forbidden.onCall({ ...list, ref: { namespace: 'sales' } }, 'ok', 0);
    expect(forbidden.list()).toEqual(['list services crm']);
    forbidden.onCall({ ...list, ref: { namespace: 'crm' } }, 'ok', 0);
    expect(forbidden.list()).toEqual([]);
  });

  it('does not lack what is in a namespace in which it has no role, but where it has one for all', () => {
    const leases = { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases' };
    const get = (namespace: string) => ({ verb: 'get', resource: leases, ref: { namespace, name: 'a' } }) as const;
    const forbidden = trackForbidden(['crm'], 'home');
    forbidden.onCall(get('elsewhere'), 'forbidden', 0);
    expect(forbidden.list()).toEqual([]);
    forbidden.onCall(get('home'), 'forbidden', 0);
    expect(forbidden.list()).toEqual(['get leases.coordination.k8s.io']);
    const ofAll = trackForbidden([], 'home');
    ofAll.onCall(get('elsewhere'), 'forbidden', 0);
    expect(ofAll.list()).toEqual(['get leases.coordination.k8s.io']);
  });

  it('forgets what it knew of a kind that the cluster does not have any more', () => {
    const forbidden = trackForbidden([], 'home');
    const of = (kind: string, plural: string) => ({ group: 'gateway.networking.k8s.io', version: 'v1', kind, plural });
    const routes = of('HTTPRoute', 'httproutes');
    forbidden.onCall({ verb: 'apply', resource: routes }, 'forbidden', 0);
    forbidden.onCall({ verb: 'list', resource: of('Gateway', 'gateways') }, 'forbidden', 0);
    // Its namespace may be what is not there.
    forbidden.onCall({ verb: 'apply', resource: routes }, 'not-found', 0);
    expect(forbidden.list()).toHaveLength(2);
    forbidden.onCall({ verb: 'list', resource: routes }, 'not-found', 0);
    expect(forbidden.list()).toEqual(['list gateways.gateway.networking.k8s.io']);
  });

  it('names some of what lacks where a role is not there at all', () => {
    const forbidden = Array.from({ length: 40 }, (_, i) => `list services n${i}`);
    const { reason } = readinessOf({ forbidden, mirrors: [] }) as { reason: string };
    expect(reason).toMatch(/^the role does not allow: list services n0, .*n29, 10 more$/);
  });
});

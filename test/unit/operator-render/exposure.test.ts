import type { V1Ingress, V1Service } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import type { Rendered, RenderFacts } from '#operator/render/facts.ts';
import type { HttpRoute } from '#operator/render/http-route.ts';
import { render } from '#operator/render/render.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhook } from '#test/support/webhook.ts';
import * as resources from './resources.ts';

type Spec = NonNullable<Parameters<typeof webhook>[0]>;
const HOST = 'hooks.example.com';

/** What leads to the receiver, by kind. */
function exposed(endpoint: Spec['endpoint'], facts: Partial<RenderFacts> = { hasGatewayApi: true }) {
  const objects = render(webhook({ endpoint }), renderFacts(facts));
  const only = <T extends Rendered>(kind: string): T | undefined => {
    const found = objects.filter((object) => object.kind === kind);
    expect(found.length, kind).toBeLessThan(2);
    return found[0] as T | undefined;
  };
  return {
    service: only<V1Service>('Service')?.spec,
    ingress: only<V1Ingress>('Ingress')?.spec,
    route: only<HttpRoute>('HTTPRoute')?.spec,
  };
}

/** The least that each of them needs. */
const ofType = {
  ClusterIP: { type: 'ClusterIP' as const, host: HOST },
  LoadBalancer: { type: 'LoadBalancer' as const, host: HOST },
  Ingress: { type: 'Ingress' as const, host: HOST },
  Gateway: { type: 'Gateway' as const, host: HOST, gateway: { parentRefs: [{ name: 'public' }] } },
} satisfies Record<string, Spec['endpoint']>;

describe('each type of endpoint', () => {
  it.each([
    ['ClusterIP', ['ClusterIP', false, false]],
    ['LoadBalancer', ['LoadBalancer', false, false]],
    ['Ingress', ['ClusterIP', true, false]],
    ['Gateway', ['ClusterIP', false, true]],
  ] as const)('%s has what it needs, and nothing of the others', (type, expected) => {
    const { service, ingress, route } = exposed(ofType[type]);
    expect([service?.type, ingress !== undefined, route !== undefined]).toEqual(expected);
  });

  it('has no HTTPRoute where there can be none, and all else', () => {
    const { service, route } = exposed(ofType.Gateway, {});
    expect(route).toBeUndefined();
    expect(service?.type).toBe('ClusterIP');
  });
});

/** The container port behind each port of the Service that something outside the cluster leads to. */
function portsOutside({ service, ingress, route }: ReturnType<typeof exposed>): unknown[] {
  const ports = service?.ports ?? [];
  const backends = (ingress?.rules ?? []).flatMap(
    ({ http }) => http?.paths.map(({ backend }) => backend.service) ?? [],
  );
  const refs = (route?.rules ?? []).flatMap(({ backendRefs }) => backendRefs);
  const routed = [
    ...backends.map((backend) => ports.find(({ name }) => name === backend?.port?.name)),
    ...refs.map((ref) => ports.find(({ port }) => port === ref.port)),
    ...(service?.type === 'LoadBalancer' ? ports : []),
  ];
  return routed.map((port) => port?.targetPort);
}

describe('what is reached from outside the cluster', () => {
  it.each(['LoadBalancer', 'Ingress', 'Gateway'] as const)('by %s is the port of the webhook, and no other', (type) => {
    expect(portsOutside(exposed(ofType[type]))).toEqual(['webhook']);
  });

  it('by ClusterIP is nothing', () => {
    expect(portsOutside(exposed(ofType.ClusterIP))).toEqual([]);
  });

  it.each(['/intercom', '/a/b', '/'])('by Ingress and Gateway is %s of the host, and nothing below it', (path) => {
    const { ingress } = exposed({ ...ofType.Ingress, path });
    expect(ingress?.rules).toMatchObject([{ host: HOST, http: { paths: [{ path, pathType: 'Exact' }] } }]);
    const { route } = exposed({ ...ofType.Gateway, path });
    expect(route?.hostnames).toEqual([HOST]);
    expect(route?.rules.map(({ matches }) => matches)).toEqual([[{ path: { type: 'Exact', value: path } }]]);
  });
});

describe('an Ingress', () => {
  const metadataOf = (of: (typeof resources)[keyof typeof resources]) =>
    render(of, renderFacts()).find(({ kind }) => kind === 'Ingress')?.metadata;

  it('names class and certificate only where the resource does', () => {
    expect(exposed(ofType.Ingress).ingress).toEqual({ rules: [expect.anything()] });
    const block = { className: 'nginx', tls: { secretName: 'hooks-tls' } };
    expect(exposed({ ...ofType.Ingress, ingress: block }).ingress).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ hosts: [HOST], secretName: 'hooks-tls' }],
    });
  });

  it('has the annotations of the resource', () => {
    expect(metadataOf(resources.ingress)?.annotations).toEqual({ 'cert-manager.io/cluster-issuer': 'letsencrypt' });
  });
});

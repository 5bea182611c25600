import { describe, expect, it } from 'vitest';
import type { RenderFacts } from '#operator/render/facts.ts';
import { type NetworkPolicy, operatorPeer } from '#operator/render/network-policy.ts';
import { render } from '#operator/render/render.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhook } from '#test/support/webhook.ts';
import { full, persistent, targets } from './resources.ts';

const OPERATOR = operatorPeer('intercom-system');
const EVERYBODY = undefined;
const CONTROLLER = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress-nginx' } },
  podSelector: { matchLabels: { app: 'controller' } },
};

const policiesOf = (of: ReturnType<typeof webhook>, facts: Partial<RenderFacts> = {}): NetworkPolicy[] =>
  render(of, renderFacts(facts)).filter((object): object is NetworkPolicy => object.kind === 'NetworkPolicy');

/** Who may reach which port of the pods of a component. */
function reach(name: string, of: ReturnType<typeof webhook>, facts: Partial<RenderFacts> = {}) {
  const policy = policiesOf(of, facts).find(({ metadata }) => metadata.name === name);
  return new Map(
    policy?.spec.ingress.flatMap(({ from, ports }) => ports.map(({ port }) => [port, from] as const)) ?? [],
  );
}
const RECEIVER = 'icw-support-ingress';
const WORKER = 'icw-support-support-worker';

const behind = (type: 'Ingress' | 'Gateway', proxyPeers?: object[]): ReturnType<typeof webhook> => {
  const block = type === 'Gateway' ? { gateway: { parentRefs: [{ name: 'public' }] } } : {};
  const peers = proxyPeers === undefined ? {} : { proxyPeers };
  return webhook({ endpoint: { type, host: 'hooks.example.com', ...block, ...peers } });
};

describe('network policies', () => {
  it.each(Object.entries({ full, targets, persistent }))(
    'are there for every workload of the %s resource, over its very pods, about what comes in alone',
    (_, of) => {
      const pods = render(of, renderFacts()).flatMap(({ kind, metadata }) =>
        kind === 'Deployment' || kind === 'StatefulSet' ? [metadata?.name ?? ''] : [],
      );
      const policies = policiesOf(of);
      expect(policies.map(({ metadata }) => metadata.name ?? '').toSorted()).toEqual(pods.toSorted());
      for (const { metadata, spec } of policies) {
        const labels = Object.entries(metadata.labels ?? {});
        expect(labels).toEqual(expect.arrayContaining(Object.entries(spec.podSelector.matchLabels)));
        expect(spec.policyTypes).toEqual(['Ingress']);
      }
    },
  );

  it('are not there where nobody says who is to be let in', () => {
    const { insiders: _, ...facts } = renderFacts();
    expect(render(full, facts).map(({ kind }) => kind)).not.toContain('NetworkPolicy');
  });

  it('let the operator and who reads metrics to health and metrics, and nobody else', () => {
    const prometheus = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
    const insiders = { operator: OPERATOR, metricsFrom: [prometheus] };
    for (const name of [RECEIVER, WORKER]) {
      expect(reach(name, webhook()).get(9090)).toEqual([OPERATOR]);
      expect(reach(name, webhook(), { insiders }).get(9090)).toEqual([OPERATOR, prometheus]);
    }
  });

  it('let nobody to the handler of a worker', () => {
    expect([...reach(WORKER, webhook()).keys()]).toEqual([9090]);
  });

  it.each(['ClusterIP', 'LoadBalancer'] as const)(
    'let everybody to the webhook with %s, whatever peers there are',
    (type) => {
      const of = webhook({ endpoint: { type, proxyPeers: [CONTROLLER] } });
      expect([...reach(RECEIVER, of).keys()]).toEqual([8080, 9090]);
      expect(reach(RECEIVER, of).get(8080)).toBe(EVERYBODY);
    },
  );

  it.each<{ what: string; peers?: object[]; from: unknown }>([
    { what: 'the pods that are named', peers: [CONTROLLER], from: [CONTROLLER] },
    { what: 'everybody by default', from: EVERYBODY },
    {
      what: 'everybody where one of several is every pod',
      peers: [CONTROLLER, { namespaceSelector: {} }],
      from: EVERYBODY,
    },
    { what: 'everybody where none is named', peers: [], from: EVERYBODY },
    {
      what: 'the pods of the namespace where no namespace is named',
      peers: [{ podSelector: {} }],
      from: [{ podSelector: {} }],
    },
    { what: 'the pods of the namespace where nothing is named', peers: [{}], from: [{ podSelector: {} }] },
    {
      what: 'every pod of the namespaces that are named',
      peers: [{ namespaceSelector: CONTROLLER.namespaceSelector }],
      from: [{ podSelector: {}, namespaceSelector: CONTROLLER.namespaceSelector }],
    },
  ])('let to the webhook behind a proxy: $what', ({ peers, from }) => {
    for (const type of ['Ingress', 'Gateway'] as const) {
      expect(reach(RECEIVER, behind(type, peers)).get(8080)).toEqual(from);
    }
  });
});

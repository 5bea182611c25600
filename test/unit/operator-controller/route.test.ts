import { describe, expect, it } from 'vitest';
import type { ChildName } from '#operator/children.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import type { Part } from '#operator/render/meta.ts';
import { routeFinding } from '#operator/route.ts';
import { webhook } from '#test/support/webhook.ts';

type Spec = NonNullable<Parameters<typeof webhook>[0]>;
const NAME = 'icw-support-ingress';
const BLOCKED = new Map<Part, string>([['receiver', 'a Secret is missing']]);

interface Scene {
  readonly endpoint: Spec['endpoint'];
  readonly kind?: string;
  readonly status?: object;
  readonly blocked?: ReadonlyMap<Part, string>;
  readonly hasGatewayApi?: boolean;
}

function find({ endpoint, kind, status = {}, blocked = new Map(), hasGatewayApi = true }: Scene) {
  const metadata = { namespace: 'crm', name: NAME, uid: 'u', resourceVersion: '1', generation: 2 };
  const children = new Map<ChildName, KubeObject>(
    kind === undefined ? [] : [[`${kind} ${NAME}`, { apiVersion: 'v1', kind, metadata, status }]],
  );
  const { type: _, ...finding } = routeFinding({ webhook: webhook({ endpoint }), children, blocked, hasGatewayApi });
  return finding;
}

const ingress = (className = '') => ({ type: 'Ingress', host: 'hooks.example.com', ingress: { className } }) as const;
const gateway = (...parentRefs: { name: string; namespace?: string; sectionName?: string }[]) =>
  ({ type: 'Gateway', host: 'hooks.example.com', gateway: { parentRefs } }) as const;

describe('the way to the receiver', () => {
  it('by ClusterIP is nothing that could be seen', () => {
    expect(find({ endpoint: { type: 'ClusterIP' }, kind: 'Service' })).toEqual({
      status: 'True',
      reason: 'ServiceOnly',
      message: `what leads to Service crm/${NAME} is not of the operator's making, and not seen by it`,
    });
  });

  it.each([
    ['Service', { type: 'LoadBalancer', loadBalancer: { class: 'metal' } } as const, 'load balancers of class metal'],
    ['Service', { type: 'LoadBalancer' } as const, 'load balancers of the default class'],
    ['Ingress', ingress('nginx'), 'Ingresses of class nginx'],
    ['Ingress', ingress(), 'Ingresses of the default class'],
  ])('by %s waits for an address, and says who is to give it', (kind, endpoint, whose) => {
    for (const status of [{}, { loadBalancer: {} }, { loadBalancer: { ingress: [] } }]) {
      const found = find({ endpoint, kind, status });
      expect(found).toMatchObject({ status: 'False', reason: 'Waiting' });
      expect(found.message).toBe(
        `${kind} crm/${NAME} has no address yet: is there a controller for ${whose}? What it says, ` +
          `"kubectl -n crm describe ${kind.toLowerCase()} ${NAME}" shows`,
      );
    }
  });

  it.each(['Service', 'Ingress'])('by %s is there with an address', (kind) => {
    const endpoint = kind === 'Service' ? ({ type: 'LoadBalancer' } as const) : ingress();
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.7' }, { hostname: 'lb.example.net' }] } };
    expect(find({ endpoint, kind, status })).toEqual({
      status: 'True',
      reason: 'Routed',
      message: `${kind} crm/${NAME} is reached at 203.0.113.7, lb.example.net`,
    });
  });

  it('is not there where it may not be made, and as it is where it may not be changed', () => {
    expect(find({ endpoint: ingress(), blocked: BLOCKED })).toEqual({
      status: 'False',
      reason: 'Blocked',
      message: `Ingress crm/${NAME} is not made: a Secret is missing`,
    });
    expect(find({ endpoint: ingress() }).message).toBe(
      `Ingress crm/${NAME} is not made: the condition Accepted says why`,
    );
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } };
    expect(find({ endpoint: ingress(), kind: 'Ingress', status, blocked: BLOCKED }).reason).toBe('Routed');
  });

  it('by Gateway cannot be made in a cluster that has no Gateway API', () => {
    expect(find({ endpoint: gateway({ name: 'public' }), hasGatewayApi: false })).toEqual({
      status: 'False',
      reason: 'GatewayApiMissing',
      message:
        'the cluster does not serve HTTPRoute of gateway.networking.k8s.io/v1: install the Gateway API, 1.0 or newer, ' +
        `and a controller for it; HTTPRoute crm/${NAME} is made as soon as it is there`,
    });
  });
});

describe('what Gateways say of an HTTPRoute', () => {
  const endpoint = gateway({ name: 'public', namespace: 'edge', sectionName: 'https' }, { name: 'own' });
  const condition = (type: string, status: string, rest: object = {}) => ({
    type,
    status,
    reason: 'Because',
    message: 'in its words',
    observedGeneration: 2,
    ...rest,
  });
  const yes = [condition('Accepted', 'True'), condition('ResolvedRefs', 'True')];
  const edge = (conditions: object[], ref: object = {}) => ({
    parentRef: {
      group: 'gateway.networking.k8s.io',
      kind: 'Gateway',
      name: 'public',
      namespace: 'edge',
      sectionName: 'https',
      ...ref,
    },
    controllerName: 'example.com/gateway',
    conditions,
  });
  const own = (conditions: object[], ref: object = {}) => ({ parentRef: { name: 'own', ...ref }, conditions });
  const said = (...parents: object[]) => find({ endpoint, kind: 'HTTPRoute', status: { parents } });

  it('is yes where each of them has accepted it and found all that it refers to', () => {
    expect(said(edge(yes), own(yes, { namespace: 'crm' }))).toEqual({
      status: 'True',
      reason: 'Routed',
      message: `HTTPRoute crm/${NAME} is attached to Gateway edge/public (listener https), Gateway crm/own`,
    });
  });

  it.each([
    ['nobody has said anything', []],
    ['one has said nothing', [edge(yes)]],
    ['one has said half of it', [edge(yes), own([condition('Accepted', 'True')])]],
    ['one does not know', [edge(yes), own([condition('Accepted', 'Unknown'), condition('ResolvedRefs', 'True')])]],
    ['what one said was about an older one', [edge(yes), own(yes.map((each) => ({ ...each, observedGeneration: 1 })))]],
    ['it was another Gateway', [edge(yes), own(yes, { namespace: 'other' })]],
    ['it was another listener', [edge(yes), own(yes, { sectionName: 'http' })]],
  ])('is waited for where %s', (_, parents) => {
    const found = said(...parents);
    expect(found).toMatchObject({ status: 'False', reason: 'Waiting' });
    expect(found.message).toContain(`nobody has answered for HTTPRoute crm/${NAME} yet: is there a Gateway `);
    expect(found.message).toContain('Gateway crm/own');
  });

  it.each(['Accepted', 'ResolvedRefs'])('is no where one of them says that %s is not so, with its words', (type) => {
    const no = [
      ...yes.filter((each) => each.type !== type),
      condition(type, 'False', { reason: 'NotAllowedByListeners' }),
    ];
    expect(said(edge(no), own([]))).toEqual({
      status: 'False',
      reason: 'Refused',
      message:
        `HTTPRoute crm/${NAME} is refused: Gateway edge/public (listener https) says ` +
        `${type}=False, NotAllowedByListeners: in its words`,
    });
  });

  it('is yes of a Gateway where one of its controllers takes it', () => {
    expect(said(edge([condition('Accepted', 'False')]), edge(yes), own(yes)).reason).toBe('Routed');
  });
});

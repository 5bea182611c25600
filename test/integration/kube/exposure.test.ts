import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import * as z from 'zod';
import { HTTP_ROUTES, resourceOf } from '#operator/children.ts';
import type { Kube } from '#operator/kube/kube.ts';
import { KubeError } from '#operator/kube/kube-error.ts';
import { render } from '#operator/render/render.ts';
import { installHttpRoutes, uninstallHttpRoutes } from '#test/support/gateway-api.ts';
import { adminConnection, connectedKube, soon, testKube, testNamespace } from '#test/support/kube.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { startOperator } from '#test/support/operator.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { strictly } from '#test/support/strictly.ts';
import { until } from '#test/support/until.ts';
import { gateway, ingress } from '#test/unit/operator-render/resources.ts';
import { arrange, closeServers, kindOf, type Servers, startServers } from './installation.ts';

trackLeaks();

const SERVICES = kindOf('Service');
const INGRESSES = kindOf('Ingress');
const POLICIES = kindOf('NetworkPolicy');
const RECEIVER = 'icw-support-ingress';
const HOST = 'hooks.example.com';
/** The least that each type needs. */
const OF_TYPE = {
  ClusterIP: { type: 'ClusterIP' },
  LoadBalancer: { type: 'LoadBalancer' },
  Ingress: { type: 'Ingress', host: HOST },
  Gateway: { type: 'Gateway', host: HOST, gateway: { parentRefs: [{ name: 'public' }] } },
};

/** Servers of their own: what the cluster serves changes here. It has no Gateway API at first. */
let servers: Servers;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => closeServers(servers));

/** How soon it is noticed that a kind is served: it is asked for every 15 s. */
const NOTICED = { timeoutMs: 30_000 };

async function scene() {
  const all = await arrange(servers, { LOG_LEVEL: 'debug' });
  onTestFailed(() => void process.stderr.write(`${all.operator.child.log().slice(-3000)}\n`));
  const at = { namespace: all.namespace, name: RECEIVER };
  const reach = (endpoint: object) => all.write({ endpoint });
  const routeReady = (reason: string, limit: { timeoutMs?: number } = {}) =>
    until(
      async () => {
        const found = await all.condition('RouteReady');
        expect(found).toMatchObject({ reason });
        return found;
      },
      { describe: `RouteReady to be ${reason}`, timeoutMs: 15_000, ...limit },
    );
  return { ...all, at, reach, routeReady };
}

/** What the Gateway that is named says of a route of this generation. */
const parent = (status: 'True' | 'False', observedGeneration: number) => ({
  parentRef: { name: 'public' },
  controllerName: 'example.com/gateway',
  conditions: ['Accepted', 'ResolvedRefs'].map((type) => ({
    type,
    status,
    reason: 'Because',
    message: 'in its words',
    observedGeneration,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  })),
});

const Service = z.object({ spec: z.object({ type: z.string() }) });

/** What leads to the receiver: the type of its Service, then the routes. */
async function waysIn(kube: Kube, namespace: string): Promise<string[]> {
  const at = { namespace, name: RECEIVER };
  const service = await kube.get(SERVICES, at, soon());
  // Asking for one is refused where there is no such kind.
  const routes = [
    await kube.get(INGRESSES, at, soon()),
    await kube.get(HTTP_ROUTES, at, soon()).catch((error: unknown) => {
      if (error instanceof KubeError && error.kind === 'not-found') return null;
      throw error;
    }),
  ];
  const types = service === null ? [] : [Service.parse(service).spec.type];
  return [...types, ...routes.flatMap((route) => (route === null ? [] : [route.kind]))];
}

describe('in a cluster without the Gateway API', () => {
  it('a resource that wants it says so; it is made when the API comes, and missed when it goes', async () => {
    const { kube, namespace, reach, routeReady, condition, operator } = await scene();
    await reach(OF_TYPE.Gateway);
    const missing = await routeReady('GatewayApiMissing');
    expect(missing.status).toBe('False');
    expect(missing.message).toContain(`HTTPRoute ${namespace}/${RECEIVER} is made as soon as it is there`);
    // All else is as it has to be.
    expect(await condition('Accepted')).toMatchObject({ status: 'True' });
    expect(await waysIn(kube, namespace)).toEqual(['ClusterIP']);
    expect(await operator.ask('/readyz')).toEqual({ status: 200, text: expect.any(String) as string });

    await installHttpRoutes(kube);
    const waiting = await routeReady('Waiting', NOTICED);
    expect(waiting.message).toContain(`is there a Gateway ${namespace}/public`);
    expect(await waysIn(kube, namespace)).toEqual(['ClusterIP', 'HTTPRoute']);

    await uninstallHttpRoutes(kube);
    await routeReady('GatewayApiMissing', NOTICED);
    expect(await operator.ask('/readyz')).toEqual({ status: 200, text: expect.any(String) as string });
  });
});

describe('in a cluster with the Gateway API', () => {
  beforeAll(async () => {
    const kube = connectedKube(await adminConnection(servers.api.kubeconfig));
    await installHttpRoutes(kube).finally(() => kube.close());
  });

  it('each type of endpoint makes what it needs, and what the one before it needed goes', async () => {
    const { kube, namespace, reach, condition } = await scene();
    for (const [type, ways] of [
      ['Ingress', ['ClusterIP', 'Ingress']],
      ['Gateway', ['ClusterIP', 'HTTPRoute']],
      ['LoadBalancer', ['LoadBalancer']],
      ['Ingress', ['ClusterIP', 'Ingress']],
      ['ClusterIP', ['ClusterIP']],
    ] as const) {
      await reach(OF_TYPE[type]);
      const isSo = async () => isDeepStrictEqual(await waysIn(kube, namespace), ways);
      await until(isSo, { describe: `what ${type} needs, and nothing else` });
    }
    expect(await condition('Accepted')).toMatchObject({ status: 'True' });
  });

  it('HTTPRoute and Ingress are accepted by the API server, every field of them', async () => {
    const admin = await adminConnection(servers.api.kubeconfig);
    const namespace = await testNamespace(testKube(admin));
    const api = strictly(admin);
    onTestFinished(() => api.close());
    const routes = [gateway, ingress].flatMap((of) => {
      const here = { ...of, metadata: { ...of.metadata, namespace } };
      const objects = render(here, renderFacts({ hasGatewayApi: true }));
      return objects.filter(({ kind }) => kind === 'HTTPRoute' || kind === 'Ingress');
    });
    expect(routes.map(({ kind }) => kind)).toEqual(['HTTPRoute', 'Ingress']);
    for (const route of routes) {
      expect(await api.wouldApply(resourceOf(route), route)).toMatchObject({ kind: 'accepted' });
    }
  });

  it('each leads the path of the webhook alone to the port of the webhook alone', async () => {
    const { kube, at, reach, routeReady } = await scene();
    await reach({ ...OF_TYPE.Ingress, path: '/hooks/intercom' });
    await routeReady('Waiting');
    const backend = { service: { name: RECEIVER, port: { name: 'webhook' } } };
    const paths = [{ path: '/hooks/intercom', pathType: 'Exact', backend }];
    expect(await kube.get(INGRESSES, at, soon())).toMatchObject({ spec: { rules: [{ host: HOST, http: { paths } }] } });
    const ports = { spec: { ports: [{ name: 'webhook', port: 80, targetPort: 'webhook' }, { name: 'metrics' }] } };
    expect(await kube.get(SERVICES, at, soon())).toMatchObject(ports);

    await reach({ ...OF_TYPE.Gateway, path: '/hooks/intercom' });
    const route = await until(() => kube.get(HTTP_ROUTES, at, soon()), { describe: 'the HTTPRoute' });
    const matches = [{ path: { type: 'Exact', value: '/hooks/intercom' } }];
    const rules = [{ matches, backendRefs: [{ kind: 'Service', name: RECEIVER, port: 80 }] }];
    expect(route).toMatchObject({ spec: { hostnames: [HOST], rules } });

    await reach(OF_TYPE.LoadBalancer);
    const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
    await until(async () => isDeepStrictEqual(await waysIn(kube, at.namespace), ['LoadBalancer']), {
      describe: 'the load balancer',
    });
    const only = [expect.objectContaining({ port: 443, targetPort: 'webhook' }) as unknown];
    expect(await kube.get(SERVICES, at, soon())).toMatchObject({ spec: { ...spec, ports: only } });
  });

  it('RouteReady follows what Gateways say, about the route as it is now', async () => {
    const { kube, at, reach, routeReady } = await scene();
    await reach(OF_TYPE.Gateway);
    await routeReady('Waiting');
    const say = async (status: 'True' | 'False') => {
      const found = await kube.get(HTTP_ROUTES, at, soon());
      const parents = [parent(status, found?.metadata.generation ?? 0)];
      await kube.applyStatus(HTTP_ROUTES, { metadata: at, status: { parents } }, { ...soon(), force: true });
    };
    await say('False');
    const refused = await routeReady('Refused');
    expect(refused.message).toContain('says Accepted=False, Because: in its words');
    await say('True');
    await routeReady('Routed');
    // Nobody has said anything of this one.
    await reach({ ...OF_TYPE.Gateway, path: '/elsewhere' });
    await routeReady('Waiting');
    await say('True');
    await routeReady('Routed');
    // It is not there by anybody's leave but the resource's.
    await kube.delete(HTTP_ROUTES, at, soon());
    await until(() => kube.get(HTTP_ROUTES, at, soon()), { describe: 'it to be back' });
    await routeReady('Waiting');
  });

  it.each([
    ['LoadBalancer', SERVICES],
    ['Ingress', INGRESSES],
  ] as const)('RouteReady tells where %s is reached, as soon as it is known', async (type, resource) => {
    const { kube, at, reach, routeReady } = await scene();
    await reach(OF_TYPE[type]);
    await routeReady('Waiting');
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } };
    await kube.applyStatus(resource, { metadata: at, status }, { ...soon(), force: true });
    const { message } = await routeReady('Routed');
    expect(message).toContain(`${at.namespace}/${RECEIVER} is reached at 203.0.113.7`);
    await reach(OF_TYPE.ClusterIP);
    await routeReady('ServiceOnly');
  });

  it('a path that no route can have is refused with the words of the API server', async () => {
    const { namespace, reach, toBe } = await scene();
    await reach({ ...OF_TYPE.Ingress, path: '/a//b' });
    const { message } = await toBe('Accepted', 'Refused');
    expect(message).toContain(`ingresses.networking.k8s.io ${namespace}/${RECEIVER}`);
    expect(message).toContain("must not contain '//'");
  });
});

const Policy = z.object({ spec: z.object({ ingress: z.array(z.unknown()) }) });

describe('NetworkPolicies', () => {
  it('let the operator in by its namespace, and who reads metrics; where none are wanted none are left', async () => {
    const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
    const env = { METRICS_FROM: JSON.stringify([monitoring]) };
    const { kube, namespace, write, toBe, operator, account } = await arrange(servers, env);
    await write();
    await toBe('StreamsReady', 'Reconciled');
    const own = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': account.namespace } } };
    const names = [RECEIVER, 'icw-support-support-worker'];
    for (const name of names) {
      const { spec } = Policy.parse(await kube.get(POLICIES, { namespace, name }, soon()));
      expect(spec.ingress.at(-1)).toMatchObject({ ports: [{ port: 9090 }], from: [own, monitoring] });
    }

    await operator.child.stop();
    const without = { NATS_URL: servers.nats.url, WATCH_NAMESPACES: namespace, NETWORK_POLICIES: 'false' };
    await startOperator(account.kubeconfig, without);
    const areGone = async () => {
      const found = await Promise.all(names.map((name) => kube.get(POLICIES, { namespace, name }, soon())));
      return found.every((policy) => policy === null);
    };
    await until(areGone, { describe: 'them to go', timeoutMs: 30_000 });
  });
});

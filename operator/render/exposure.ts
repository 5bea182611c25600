import type { V1ObjectMeta } from '@kubernetes/client-node';
import type { Endpoint } from '../api/spec-endpoint.ts';
import type { Rendered, RenderFacts } from './facts.ts';
import { httpRoute } from './http-route.ts';
import { ingressRoute } from './ingress-route.ts';
import type { Component } from './meta.ts';
import { loadBalancer, service } from './service.ts';

/**
 * How the receiver is reached. From outside the cluster that is never more than the webhook: of a route its path alone, of
 * a load balancer its port alone.
 */
export function exposure(
  meta: V1ObjectMeta,
  component: Component,
  endpoint: Endpoint,
  { hasGatewayApi = false }: RenderFacts,
): Rendered[] {
  switch (endpoint.type) {
    case 'ClusterIP':
      return [service(meta, component)];
    case 'LoadBalancer':
      return [loadBalancer(meta, component, endpoint.loadBalancer)];
    case 'Ingress':
      return [service(meta, component), ingressRoute(meta, component, endpoint)];
    case 'Gateway':
      return [service(meta, component), ...(hasGatewayApi ? [httpRoute(meta, component, endpoint)] : [])];
  }
}

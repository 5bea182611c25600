import type { V1ObjectMeta, V1Service, V1ServicePort } from '@kubernetes/client-node';
import { PORTS } from '#shared/contract.ts';
import type { Endpoint } from '../api/spec-endpoint.ts';
import type { Component } from './meta.ts';

/** The receiver's address in the cluster, or outside of it with a load balancer. */
export function service(meta: V1ObjectMeta, component: Component, endpoint: Endpoint): V1Service {
  switch (endpoint.type) {
    case 'ClusterIP':
    case 'Ingress':
    case 'Gateway':
      return inside(meta, component);
    case 'LoadBalancer':
      return outside(meta, component, endpoint.loadBalancer);
  }
}

const webhook = (port: number): V1ServicePort => ({
  name: 'webhook',
  port,
  targetPort: 'webhook',
  appProtocol: 'http',
});
const metrics: V1ServicePort = { name: 'metrics', port: PORTS.inner, targetPort: 'inner', appProtocol: 'http' };

const inside = (metadata: V1ObjectMeta, { selector }: Component): V1Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { type: 'ClusterIP', selector, ports: [webhook(80), metrics] },
});

/** `Local` keeps the address of the client, which the allowlist is about. Metrics stay inside. */
const outside = (metadata: V1ObjectMeta, { selector }: Component, block: Endpoint['loadBalancer']): V1Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: Object.assign({}, metadata, { annotations: block?.annotations ?? {} }),
  spec: {
    type: 'LoadBalancer',
    ...(block === undefined || block.class === '' ? {} : { loadBalancerClass: block.class }),
    externalTrafficPolicy: 'Local',
    selector,
    ports: [webhook(443)],
  },
});

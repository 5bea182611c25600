import type { V1ObjectMeta, V1Service, V1ServicePort } from '@kubernetes/client-node';
import { PORTS } from '#shared/contract.ts';
import type { Endpoint } from '../api/spec-endpoint.ts';
import type { Component } from './meta.ts';

/** The one port of a Service that routes lead to: 80, and `WEBHOOK_PORT` by name. */
export const WEBHOOK_PORT = 'webhook';
export const SERVICE_PORT = 80;
/** A load balancer that ends TLS listens here; Intercom calls https only. */
const LOAD_BALANCER_PORT = 443;

const webhook = (port: number): V1ServicePort => ({
  name: WEBHOOK_PORT,
  port,
  targetPort: 'webhook',
  appProtocol: 'http',
});
const metrics: V1ServicePort = { name: 'metrics', port: PORTS.inner, targetPort: 'inner', appProtocol: 'http' };

/** The receiver's address in the cluster. */
export const service = (metadata: V1ObjectMeta, { selector }: Component): V1Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { type: 'ClusterIP', selector, ports: [webhook(SERVICE_PORT), metrics] },
});

/** One outside of it. `Local` keeps the address of the client, which the allowlist is about. Metrics stay inside. */
export const loadBalancer = (
  metadata: V1ObjectMeta,
  { selector }: Component,
  block: Endpoint['loadBalancer'],
): V1Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: Object.assign({}, metadata, { annotations: block?.annotations ?? {} }),
  spec: {
    type: 'LoadBalancer',
    ...(block === undefined || block.class === '' ? {} : { loadBalancerClass: block.class }),
    externalTrafficPolicy: 'Local',
    selector,
    ports: [webhook(LOAD_BALANCER_PORT)],
  },
});

import type { V1ObjectMeta } from '@kubernetes/client-node';
import type { Endpoint } from '../api/spec-endpoint.ts';
import type { Component } from './meta.ts';
import { SERVICE_PORT } from './service.ts';

/** As much of gateway.networking.k8s.io/v1 as is written here. */
export interface HttpRoute {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'HTTPRoute';
  readonly metadata: V1ObjectMeta;
  readonly spec: {
    readonly parentRefs: NonNullable<Endpoint['gateway']>['parentRefs'];
    readonly hostnames: readonly string[];
    readonly rules: readonly Rule[];
  };
}

interface Rule {
  readonly matches: readonly { readonly path: { readonly type: 'Exact'; readonly value: string } }[];
  readonly backendRefs: readonly { readonly name: string; readonly port: number }[];
}

/** The same as an Ingress, for the Gateways that are named. The rules of the resource say that there are some, and a host. */
export const httpRoute = (
  metadata: V1ObjectMeta,
  { name }: Component,
  { host = '', path, gateway }: Endpoint,
): HttpRoute => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata,
  spec: {
    parentRefs: gateway?.parentRefs ?? [],
    hostnames: [host],
    rules: [{ matches: [{ path: { type: 'Exact', value: path } }], backendRefs: [{ name, port: SERVICE_PORT }] }],
  },
});

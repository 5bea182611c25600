import type { V1Ingress, V1IngressSpec, V1ObjectMeta } from '@kubernetes/client-node';
import type { Endpoint } from '../api/spec-endpoint.ts';
import type { Component } from './meta.ts';
import { WEBHOOK_PORT } from './service.ts';

/** What leads the webhook's URL, and nothing beside it, to the receiver's Service. Its rules say that a host is given. */
export const ingressRoute = (
  metadata: V1ObjectMeta,
  { name }: Component,
  { host = '', path, ingress }: Endpoint,
): V1Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: Object.assign({}, metadata, { annotations: ingress?.annotations ?? {} }),
  spec: {
    ...(ingress === undefined || ingress.className === '' ? {} : { ingressClassName: ingress.className }),
    ...tls(host, ingress?.tls.secretName ?? ''),
    rules: [
      {
        host,
        http: {
          paths: [{ path, pathType: 'Exact', backend: { service: { name, port: { name: WEBHOOK_PORT } } } }],
        },
      },
    ],
  },
});

/** Without a Secret nothing is said: an entry without one is an error to some controllers, and all have a default. */
const tls = (host: string, secretName: string): Pick<V1IngressSpec, 'tls'> =>
  secretName === '' ? {} : { tls: [{ hosts: [host], secretName }] };

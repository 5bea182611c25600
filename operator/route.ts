import * as z from 'zod';
import type { ConditionFinding } from './api/condition-types.ts';
import { type ChildName, HTTP_ROUTES } from './children.ts';
import type { KubeObject } from './kube/resource.ts';
import { apiVersionOf } from './kube/resource.ts';
import { ingressComponent } from './render/meta.ts';
import { parentAnswers } from './route-parents.ts';
import type { Parts } from './workloads.ts';

/** Whether what is to lead Intercom to the receiver was taken up by whoever carries it out, by the status that they write. */

export interface RouteParts extends Parts {
  /** Whether the cluster has the Gateway API. */
  readonly hasGatewayApi: boolean;
}

type Found = Extract<ConditionFinding, { type: 'RouteReady' }>;
const type = 'RouteReady';

export function routeFinding(parts: RouteParts): Found {
  const { endpoint } = parts.webhook.spec;
  switch (endpoint.type) {
    case 'ClusterIP': {
      const message = `what leads to Service ${titleOf(parts)} is not of the operator's making, and not seen by it`;
      return { type, status: 'True', reason: 'ServiceOnly', message };
    }
    case 'LoadBalancer':
      return made(parts, 'Service', (service) =>
        reached(service, parts, `load balancers${ofClass(endpoint.loadBalancer?.class)}`),
      );
    case 'Ingress':
      return made(parts, 'Ingress', (ingress) =>
        reached(ingress, parts, `Ingresses${ofClass(endpoint.ingress?.className)}`),
      );
    case 'Gateway':
      return parts.hasGatewayApi ? made(parts, 'HTTPRoute', (route) => attached(route, parts)) : noGatewayApi(parts);
  }
}

const ofClass = (name = ''): string => (name === '' ? ' of the default class' : ` of class ${name}`);

const titleOf = ({ webhook }: Pick<Parts, 'webhook'>): string =>
  `${webhook.metadata.namespace}/${ingressComponent(webhook).name}`;

function made(
  parts: RouteParts,
  kind: 'Service' | 'Ingress' | 'HTTPRoute',
  judge: (object: KubeObject) => Found,
): Found {
  const name: ChildName = `${kind} ${ingressComponent(parts.webhook).name}`;
  const object = parts.children.get(name);
  if (object !== undefined) return judge(object);
  const why = parts.blocked.get('receiver') ?? 'the condition Accepted says why';
  return { type, status: 'False', reason: 'Blocked', message: `${kind} ${titleOf(parts)} is not made: ${why}` };
}

const Balanced = z.object({
  loadBalancer: z.object({
    ingress: z.array(z.object({ ip: z.string().optional(), hostname: z.string().optional() })),
  }),
});
/** Of more than that nobody would read the rest. */
const MAX_ADDRESSES = 4;

/** Of a Service or an Ingress: whoever carries it out writes where it is reached. */
function reached({ kind, metadata, status }: KubeObject, parts: RouteParts, whose: string): Found {
  const entries = Balanced.safeParse(status).data?.loadBalancer.ingress ?? [];
  const addresses = entries.flatMap(({ ip, hostname }) => hostname ?? ip ?? []);
  if (addresses.length === 0) {
    const message =
      `${kind} ${titleOf(parts)} has no address yet: is there a controller for ${whose}? What it says, ` +
      `"kubectl -n ${metadata.namespace} describe ${kind.toLowerCase()} ${metadata.name}" shows`;
    return { type, status: 'False', reason: 'Waiting', message };
  }
  const message = `${kind} ${titleOf(parts)} is reached at ${addresses.slice(0, MAX_ADDRESSES).join(', ')}`;
  return { type, status: 'True', reason: 'Routed', message };
}

/** Of an HTTPRoute: each Gateway says whether it takes it. */
function attached(route: KubeObject, parts: RouteParts): Found {
  const { namespace } = parts.webhook.metadata;
  const refs = parts.webhook.spec.endpoint.gateway?.parentRefs ?? [];
  const answers = parentAnswers(route, refs, namespace);
  const title = `HTTPRoute ${titleOf(parts)}`;
  const refused = answers.filter(({ kind }) => kind === 'refused');
  if (refused.length > 0) {
    const message = `${title} is refused: ${refused.map(({ text }) => text).join('; ')}`;
    return { type, status: 'False', reason: 'Refused', message };
  }
  const silent = answers.filter(({ kind }) => kind === 'silent');
  if (silent.length > 0) {
    const named = silent.map(({ text }) => text).join(', ');
    const message = `nobody has answered for ${title} yet: is there a ${named}, and a controller for its class?`;
    return { type, status: 'False', reason: 'Waiting', message };
  }
  return {
    type,
    status: 'True',
    reason: 'Routed',
    message: `${title} is attached to ${answers.map(({ text }) => text).join(', ')}`,
  };
}

function noGatewayApi(parts: RouteParts): Found {
  const message =
    `the cluster does not serve ${HTTP_ROUTES.kind} of ${apiVersionOf(HTTP_ROUTES)}: install the Gateway API, 1.0 or ` +
    `newer, and a controller for it; ${HTTP_ROUTES.kind} ${titleOf(parts)} is made as soon as it is there`;
  return { type, status: 'False', reason: 'GatewayApiMissing', message };
}

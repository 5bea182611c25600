import { HTTP_ROUTES, WATCHED } from './children.ts';
import { byOwner, trimmedChild } from './children-view.ts';
import type { Clock } from './clock.ts';
import { itself, ownersOf } from './controller/concerns.ts';
import { type Mirror, type MirrorOptions, startMirror } from './controller/mirror.ts';
import { INTERCOM_WEBHOOKS, withoutLastApplied } from './intercom-webhooks.ts';
import type { Kube } from './kube/kube.ts';
import type { Incident } from './kube/reflector.ts';
import type { KubeObject, Resource } from './kube/resource.ts';
import { keyOf, type ObjectKey } from './kube/store.ts';
import { endpointsOf } from './observe.ts';
import { byInstance, PODS, RECEIVER_PODS, trimmedPod } from './receiver-pods.ts';
import { MANAGED } from './render/meta.ts';

export interface MirrorsOptions {
  readonly kube: Pick<Kube, 'pages' | 'watch'>;
  /** Empty = every one. */
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly notify: (key: ObjectKey) => void;
  /** A child has come, or is another than it was; before anybody is notified of that. */
  readonly onChild: (child: KubeObject) => void;
  readonly onIncident: (resource: Resource) => (incident: Incident) => void;
}

export interface Mirrors {
  readonly webhooks: Mirror<'endpoint'>;
  /** One for each kind that is rendered and watched. */
  readonly children: readonly Mirror<'owner'>[];
  /** Whether the cluster has the Gateway API. */
  readonly hasGatewayApi: () => boolean;
  /** Of receivers, by the label of their resource. */
  readonly pods: Mirror<'instance'>;
}

/** Of some 3 kB each: less than the megabyte beyond which memory is given back late. */
const CHILDREN_PAGE = 200;

/** Begins to keep a copy of every resource, and of all that was made of them. */
export function startMirrors({ onIncident, onChild, ...common }: MirrorsOptions): Mirrors {
  const webhooks: Mirror<'endpoint'> = startMirror({
    ...common,
    resource: INTERCOM_WEBHOOKS,
    scope: {},
    indexes: { endpoint: endpointsOf },
    // Who waits for a host and path hears when the one before it has gone.
    concerns: (webhook: KubeObject): ObjectKey[] => [
      ...itself(webhook),
      ...endpointsOf(webhook)
        .flatMap((endpoint) => webhooks.store.find('endpoint', endpoint))
        .map(({ metadata }) => keyOf(metadata)),
    ],
    trim: withoutLastApplied,
    onIncident: onIncident(INTERCOM_WEBHOOKS),
  });
  const mirrorOf = (resource: Resource, more: Pick<MirrorOptions<'owner'>, 'isOptional' | 'onServed'> = {}) =>
    startMirror({
      ...common,
      ...more,
      resource,
      scope: { labelSelector: MANAGED, pageSize: CHILDREN_PAGE },
      indexes: byOwner,
      concerns: ownersOf(INTERCOM_WEBHOOKS),
      trim: (child) => {
        onChild(child);
        return trimmedChild(child);
      },
      onIncident: onIncident(resource),
    });
  // Who wants a route hears when it can be made, and when it no longer can.
  const onServed = (): void => {
    for (const { metadata } of webhooks.store.list().filter(wantsGateway)) common.notify(keyOf(metadata));
  };
  const routes = mirrorOf(HTTP_ROUTES, { isOptional: true, onServed });
  const children = [...WATCHED.map((resource) => mirrorOf(resource)), routes];
  const pods = startMirror({
    ...common,
    resource: PODS,
    scope: { labelSelector: RECEIVER_PODS },
    indexes: byInstance,
    // Their workload's status tells of them too.
    concerns: () => [],
    trim: trimmedPod,
    onIncident: onIncident(PODS),
  });
  return { webhooks, children, pods, hasGatewayApi: () => routes.isServed() };
}

const wantsGateway = ({ spec }: KubeObject): boolean =>
  (spec as { endpoint?: { type?: unknown } } | undefined)?.endpoint?.type === 'Gateway';

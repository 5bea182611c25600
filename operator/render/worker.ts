import type { V1Volume } from '@kubernetes/client-node';
import { ENTRY_POINTS, HANDLER_AUTH_FILE, MOUNTS } from '#shared/contract.ts';
import { parseDurationMs } from '../api/duration.ts';
import { OWN_VOLUME } from '../api/pod-template.ts';
import { type Handler, WORKER_CONTAINER } from '../api/spec-handler.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { configHash, configMap } from './config-map.ts';
import { ownContainer, resources } from './container.ts';
import { natsCredentials } from './credentials.ts';
import { deployment } from './deployment.ts';
import { disruptionBudgets } from './disruption-budget.ts';
import { workerEnvironment } from './environment.ts';
import type { Rendered, RenderFacts } from './facts.ts';
import { handlerContainers } from './handler-container.ts';
import { metaOf, workerComponent } from './meta.ts';
import { workerPolicy } from './network-policy.ts';
import { SECRET_MODE } from './pod-security.ts';
import { podTemplate } from './pod-template.ts';
import { serviceAccounts } from './service-account.ts';

/** After the longest call: record it, acknowledge it, stop the handler. */
const FINISH_SECONDS = 15;

/** The worker of one handler, with the handler beside it. */
export function renderWorker(webhook: IntercomWebhook, handler: Handler, facts: RenderFacts): Rendered[] {
  const { insiders } = facts;
  const component = workerComponent(webhook, handler.name);
  const meta = metaOf(webhook, facts.uid, component);
  const environment = workerEnvironment(webhook, handler, facts);
  const auth = authVolumes(handler);
  const nats = natsCredentials(component, facts);
  const container = ownContainer({
    name: WORKER_CONTAINER,
    image: facts.image,
    entryPoint: ENTRY_POINTS.worker,
    configMap: component.name,
    ports: [],
    resources: resources({}, { cpu: '100m', memory: '128Mi' }),
    volumeMounts: [
      ...auth.map(({ name }) => ({ name, mountPath: MOUNTS.handlerAuth, readOnly: true })),
      ...nats.volumeMounts,
    ],
  });
  const template = podTemplate(
    {
      component,
      configHash: configHash(environment),
      graceSeconds: parseDurationMs(handler.timeout) / 1000 + FINISH_SECONDS,
      containers: [container],
      initContainers: handlerContainers(handler, facts.image),
      volumes: [...auth, ...nats.volumes],
      imagePullSecrets: facts.imagePullSecrets ?? [],
    },
    handler.template,
  );
  const replicas = replicasOf(webhook, handler);
  return [
    ...serviceAccounts(meta, handler.template),
    configMap(meta, environment),
    ...(insiders === undefined ? [] : [workerPolicy(meta, component, insiders)]),
    deployment({ metadata: meta, component, replicas, template }),
    ...disruptionBudgets(meta, component, replicas),
  ];
}

/** Nobody would scale up from 0 again, so a minimum of 0 counts as 1. Suspended means none. */
const replicasOf = ({ spec }: IntercomWebhook, { scaling, suspend }: Handler): number =>
  spec.suspend || suspend ? 0 : Math.max(1, scaling.minReplicas);

const AUTH_VOLUME = `${OWN_VOLUME}handler-auth`;

/** The bearer token of an `http` handler. */
function authVolumes({ http }: Handler): V1Volume[] {
  if (http?.authSecretKeyRef === undefined) return [];
  const { name, key } = http.authSecretKeyRef;
  const items = [{ key, path: HANDLER_AUTH_FILE }];
  return [{ name: AUTH_VOLUME, projected: { defaultMode: SECRET_MODE, sources: [{ secret: { name, items } }] } }];
}

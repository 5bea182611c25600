import type { V1Volume } from '@kubernetes/client-node';
import { ENTRY_POINTS, MOUNTS, PORTS } from '#shared/contract.ts';
import { OWN_VOLUME } from '../api/pod-template.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { configHash, configMap } from './config-map.ts';
import { ownContainer, resources } from './container.ts';
import { natsCredentials } from './credentials.ts';
import { disruptionBudgets } from './disruption-budget.ts';
import { drainDelayMs, ingressEnvironment } from './environment.ts';
import { exposure } from './exposure.ts';
import type { Rendered, RenderFacts } from './facts.ts';
import { ingressComponent, metaOf } from './meta.ts';
import { receiverPolicy } from './network-policy.ts';
import { SECRET_MODE } from './pod-security.ts';
import { podTemplate } from './pod-template.ts';
import { serviceAccounts } from './service-account.ts';
import { SPOOL_VOLUME, spoolStorage } from './spool-storage.ts';

/** After the drain delay: 10 s for the slowest sender, 15 s to store and answer what is in flight. Then the spool. */
const ANSWER_SECONDS = 25;
/** To close the spool, then the connection. */
const CLOSE_SECONDS = 15;

/** The receiver: answers Intercom and stores what it sends. Suspending the resource leaves it as it is. */
export function renderIngress(webhook: IntercomWebhook, facts: RenderFacts): Rendered[] {
  const { endpoint, receiver } = webhook.spec;
  const { insiders } = facts;
  const component = ingressComponent(webhook);
  const meta = metaOf(webhook, facts.uid, component);
  const environment = ingressEnvironment(webhook, facts);
  const spool = spoolStorage(webhook);
  const nats = natsCredentials(component, facts);
  const container = ownContainer({
    name: 'ingress',
    image: facts.image,
    entryPoint: ENTRY_POINTS.ingress,
    configMap: component.name,
    ports: [{ name: 'webhook', containerPort: PORTS.webhook }],
    resources: resources(receiver.resources, { cpu: '100m', memory: '128Mi', ...spool.requests }),
    volumeMounts: [
      { name: SIGNING_VOLUME, mountPath: MOUNTS.signing, readOnly: true },
      { name: SPOOL_VOLUME, mountPath: MOUNTS.spool },
      ...nats.volumeMounts,
    ],
  });
  const template = podTemplate(
    {
      component,
      configHash: configHash(environment),
      graceSeconds: drainDelayMs(webhook) / 1000 + ANSWER_SECONDS + spool.drainSeconds + CLOSE_SECONDS,
      containers: [container],
      initContainers: [],
      volumes: [signingVolume(webhook), ...spool.volumes, ...nats.volumes],
      imagePullSecrets: facts.imagePullSecrets ?? [],
    },
    receiver.template,
  );
  const replicas = receiver.scaling.minReplicas;
  return [
    ...serviceAccounts(meta, receiver.template),
    configMap(meta, environment),
    ...exposure(meta, component, endpoint, facts),
    ...(insiders === undefined ? [] : [receiverPolicy(meta, component, endpoint, insiders)]),
    spool.workload({ metadata: meta, component, replicas, template }),
    ...disruptionBudgets(meta, component, replicas),
  ];
}

const SIGNING_VOLUME = `${OWN_VOLUME}signing`;

/** Every signing secret as a file named by its place: one directory, however many Secrets they come from. */
const signingVolume = ({ spec }: IntercomWebhook): V1Volume => ({
  name: SIGNING_VOLUME,
  projected: {
    defaultMode: SECRET_MODE,
    sources: spec.signing.secretKeyRefs.map(({ name, key }, place) => ({
      secret: { name, items: [{ key, path: String(place) }] },
    })),
  },
});

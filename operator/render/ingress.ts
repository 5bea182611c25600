import type { V1Volume } from '@kubernetes/client-node';
import { ENTRY_POINTS, MOUNTS, PORTS, SPOOL_DRAIN_MS } from '#shared/contract.ts';
import { OWN_VOLUME } from '../api/pod-template.ts';
import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { configHash, configMap } from './config-map.ts';
import { ownContainer, resources } from './container.ts';
import { deployment } from './deployment.ts';
import { disruptionBudgets } from './disruption-budget.ts';
import { drainDelayMs, ingressEnvironment, spoolBytes } from './environment.ts';
import type { Rendered, RenderFacts } from './facts.ts';
import { ingressComponent, metaOf } from './meta.ts';
import { SECRET_MODE } from './pod-security.ts';
import { podTemplate } from './pod-template.ts';
import { service } from './service.ts';
import { serviceAccounts } from './service-account.ts';

/** After the drain delay: 10 s for the slowest sender, 15 s to store and answer what is in flight, then the spool. */
const FINISH_SECONDS = 25 + SPOOL_DRAIN_MS / 1000 + 15;

/** The receiver: answers Intercom and stores what it sends. Suspending the resource leaves it as it is. */
export function renderIngress(webhook: IntercomWebhook, facts: RenderFacts): Rendered[] {
  const { endpoint, receiver } = webhook.spec;
  const component = ingressComponent(webhook);
  const meta = metaOf(webhook, facts.uid, component);
  const environment = ingressEnvironment(webhook, facts);
  const container = ownContainer({
    name: 'ingress',
    image: facts.image,
    entryPoint: ENTRY_POINTS.ingress,
    configMap: component.name,
    ports: [{ name: 'webhook', containerPort: PORTS.webhook }],
    resources: resources(receiver.resources, {
      cpu: '100m',
      memory: '128Mi',
      'ephemeral-storage': spoolQuantity(webhook),
    }),
    volumeMounts: [
      { name: SIGNING_VOLUME, mountPath: MOUNTS.signing, readOnly: true },
      { name: SPOOL_VOLUME, mountPath: MOUNTS.spool },
    ],
  });
  const template = podTemplate(
    {
      component,
      configHash: configHash(environment),
      graceSeconds: drainDelayMs(webhook) / 1000 + FINISH_SECONDS,
      containers: [container],
      initContainers: [],
      volumes: [signingVolume(webhook), { name: SPOOL_VOLUME, emptyDir: { sizeLimit: spoolQuantity(webhook) } }],
    },
    receiver.template,
  );
  const replicas = receiver.scaling.minReplicas;
  return [
    ...serviceAccounts(meta, receiver.template),
    configMap(meta, environment),
    service(meta, component, endpoint),
    deployment(meta, component, replicas, template),
    ...disruptionBudgets(meta, component, replicas),
  ];
}

const SIGNING_VOLUME = `${OWN_VOLUME}signing`;
const SPOOL_VOLUME = `${OWN_VOLUME}spool`;

/** Beside its records: what was damaged is set aside (16 MiB at most), and the file system's own. */
const SPOOL_EXTRA_BYTES = 64 * 1024 * 1024;
const spoolQuantity = (webhook: IntercomWebhook): string => String(spoolBytes(webhook) + SPOOL_EXTRA_BYTES);

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

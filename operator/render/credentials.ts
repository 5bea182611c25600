import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { MOUNTS, NATS_CA_FILE, NATS_CREDS_FILE } from '#shared/contract.ts';
import { OWN_VOLUME } from '../api/pod-template.ts';
import type { RenderFacts } from './facts.ts';
import type { Component } from './meta.ts';
import { SECRET_MODE } from './pod-security.ts';

const VOLUME = `${OWN_VOLUME}nats`;

/** The Secret that holds what the processes of a component get into NATS with; `operator/credentials` fills it. */
export const credentialsName = ({ name }: Pick<Component, 'name'>): string => `${name}-nats`;

/** That Secret as a file in each pod: the kubelet replaces it when the Secret is renewed, and no pod is. */
export function natsCredentials(
  component: Component,
  { hasNatsCredentials = false, hasNatsAuthorities = false }: RenderFacts,
): { volumes: V1Volume[]; volumeMounts: V1VolumeMount[] } {
  const files = [...(hasNatsCredentials ? [NATS_CREDS_FILE] : []), ...(hasNatsAuthorities ? [NATS_CA_FILE] : [])];
  if (files.length === 0) return { volumes: [], volumeMounts: [] };
  const items = files.map((file) => ({ key: file, path: file }));
  const secret = { name: credentialsName(component), items };
  return {
    volumes: [{ name: VOLUME, projected: { defaultMode: SECRET_MODE, sources: [{ secret }] } }],
    volumeMounts: [{ name: VOLUME, mountPath: MOUNTS.nats, readOnly: true }],
  };
}

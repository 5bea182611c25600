import { createHash } from 'node:crypto';
import type { V1ObjectMeta } from '@kubernetes/client-node';
import { API_VERSION, GROUP, type IntercomWebhook, KIND } from '../api/v1alpha1.ts';
import { controllerReference } from '../owner-references.ts';

/** Makes every name and label of what is rendered. */

/** Longest label value. */
const MAX_LABEL = 63;
/** Longest name that fits everywhere: a StatefulSet's pods bear it as a label, with a dash and a hash of ten characters. */
const MAX_NAME = MAX_LABEL - 11;
const HASH_LENGTH = 8;

/** One workload of a webhook; everything that belongs to it has its name. */
export interface Component {
  readonly name: string;
  /** Never change within the life of a workload: its selector is immutable. */
  readonly selector: Readonly<Record<string, string>>;
}

export const ingressComponent = (webhook: IntercomWebhook): Component => ({
  name: nameOf(webhook.metadata.name, 'ingress'),
  selector: selectorOf(webhook, 'ingress'),
});

export const workerComponent = (webhook: IntercomWebhook, handler: string): Component => ({
  name: nameOf(webhook.metadata.name, handler, 'worker'),
  selector: { ...selectorOf(webhook, 'worker'), [HANDLER_LABEL]: handler },
});

export const HANDLER_LABEL = `${GROUP}/handler`;
export const CONFIG_HASH_ANNOTATION = `${GROUP}/config-hash`;

const COMPONENT_LABEL = 'app.kubernetes.io/component';
const MANAGED_BY_LABEL = 'app.kubernetes.io/managed-by';

/** The name of a resource, as a label. */
export const instanceLabel = (name: string): string => bounded(name, name);

const selectorOf = ({ metadata }: IntercomWebhook, component: 'ingress' | 'worker') => ({
  'app.kubernetes.io/name': 'intercom-webhook',
  'app.kubernetes.io/instance': instanceLabel(metadata.name),
  [COMPONENT_LABEL]: component,
});

/** Labels of every object: the selector, and who made it. */
export const labelsOf = ({ selector }: Component): Record<string, string> => ({
  ...selector,
  'app.kubernetes.io/part-of': 'intercom-operator',
  [MANAGED_BY_LABEL]: 'intercom-operator',
});

/** Selects what belongs to receivers. */
export const RECEIVERS = `${COMPONENT_LABEL}=ingress`;

/** Selects every object that was rendered, of any resource. */
export const MANAGED = `${MANAGED_BY_LABEL}=intercom-operator`;

/** What a component is for: one of these is blocked, or fails, without the others. */
export type Part = 'receiver' | `handler ${string}`;

/** By the labels of an object of a component. */
export const partOf = (labels: Readonly<Record<string, string>> = {}): Part =>
  labels[COMPONENT_LABEL] === 'ingress' ? 'receiver' : `handler ${labels[HANDLER_LABEL] ?? ''}`;

/** Metadata of an object of a component, owned by the resource. */
export function metaOf(webhook: IntercomWebhook, uid: string, component: Component): V1ObjectMeta {
  return {
    name: component.name,
    namespace: webhook.metadata.namespace,
    labels: labelsOf(component),
    ownerReferences: [controllerReference({ apiVersion: API_VERSION, kind: KIND, name: webhook.metadata.name, uid })],
  };
}

/**
 * `icw-<part>-<part>…`, at most 52 characters, beginning with a letter as Services need. A part with a dash or dot in it
 * could be read as two parts, and would then be the name of somebody else: such a name ends with a hash of its parts.
 */
export function nameOf(...parts: readonly string[]): string {
  const plain = ['icw', ...parts].join('-').replaceAll('.', '-');
  const isUnique = parts.every((part) => !/[-.]/.test(part));
  return isUnique && plain.length <= MAX_NAME ? plain : hashed(plain, parts.join('/'), MAX_NAME);
}

const bounded = (text: string, identity: string): string =>
  text.length <= MAX_LABEL ? text : hashed(text, identity, MAX_LABEL);

function hashed(text: string, identity: string, maxLength: number): string {
  const hash = createHash('sha256').update(identity).digest('hex').slice(0, HASH_LENGTH);
  return `${text.slice(0, maxLength - HASH_LENGTH - 1).replace(/[-.]+$/, '')}-${hash}`;
}

import { Status } from './status.ts';
import { type StructuralSchema, structural } from './structural-schema.ts';
import { GROUP, KIND, Spec, VERSION } from './v1alpha1.ts';

export const PLURAL = 'intercomwebhooks';

/** The CustomResourceDefinition of IntercomWebhook, as an object. */
export function intercomWebhookCrd() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: {
        plural: PLURAL,
        singular: 'intercomwebhook',
        kind: KIND,
        listKind: `${KIND}List`,
        shortNames: ['icw'],
        categories: ['intercom'],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
          schema: { openAPIV3Schema: resourceSchema() },
        },
      ],
    },
  };
}

/** `kubectl get icw`: what an SRE asks first. Sums stand in the status, JSONPath cannot add. */
const COLUMNS = [
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  {
    name: 'Errors-15m',
    type: 'integer',
    jsonPath: '.status.budget.errors15m',
    description: 'Errors answered to Intercom within 15 minutes',
  },
  {
    name: 'Budget',
    type: 'integer',
    jsonPath: '.status.budget.remaining',
    description: 'Further errors in a row until Intercom pauses the webhook',
  },
  {
    name: 'Lag',
    type: 'integer',
    jsonPath: '.status.totals.lag',
    description: 'Notifications that wait for a handler',
  },
  {
    name: 'Dead',
    type: 'integer',
    jsonPath: '.status.totals.deadLetters',
    description: 'Notifications that no handler could handle',
  },
  { name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint.url' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
];

/** Of the whole resource. */
export const resourceSchema = (): StructuralSchema => ({
  type: 'object',
  description: 'The webhook of one Intercom app: what arrives, who handles it, how long it is kept.',
  required: ['spec'],
  properties: {
    apiVersion: { type: 'string', maxLength: 317, description: 'Version of this API.' },
    kind: { type: 'string', maxLength: 63, description: 'Kind of this resource.' },
    metadata: { type: 'object' },
    spec: structural(Spec.describe('What is wanted.')),
    status: structural(Status.describe('What the operator reports.')),
  },
});

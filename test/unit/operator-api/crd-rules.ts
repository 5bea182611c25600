import { intercomWebhookCrd } from '#operator/api/crd.ts';
import { nodesOf } from '#test/support/structural-schema.ts';

/** Every CEL rule of the CRD, with the schema it stands at and where that is: `spec.handlers[].retry`. */
export const rulesOfTheCrd = intercomWebhookCrd().spec.versions.flatMap(({ schema }) =>
  nodesOf(schema.openAPIV3Schema).flatMap(({ path, node }) =>
    (node['x-kubernetes-validations'] ?? []).map((rule) => ({
      path,
      node,
      ...rule,
      blamed: `${path}${rule.fieldPath ?? ''}`,
      isAboutChange: rule.rule.includes('oldSelf'),
    })),
  ),
);

/** `spec.handlers[0].name` → `spec.handlers[].name` */
export const schemaPath = (path: string): string => path.replaceAll(/\[\d+\]/g, '[]');

import { valuesSchema } from './describe.ts';
import { valuesPage } from './page.ts';
import { valuesYaml } from './values-yaml.ts';

const CHART = 'charts/intercom-operator';

/**
 * Every generated file of the chart but the roles, by its path in the repository.
 * @param crd the definition as `crds/` has it: a chart can read only what is in its own folder
 */
export const chartFiles = (crd: string): readonly (readonly [path: string, content: string])[] => [
  [`${CHART}/files/crds/intercomwebhooks.yaml`, crd],
  [`${CHART}/values.yaml`, valuesYaml()],
  [`${CHART}/values.schema.json`, `${JSON.stringify(valuesSchema(), null, 2)}\n`],
  ['docs/reference/values.md', valuesPage()],
];

import * as z from 'zod';
import { HandlerEnv, PORTS } from '#shared/contract.ts';
import { atomic, filled, objectName, port, secretKeyRef, text, urlPath } from './fields.ts';
import { ContainerSecurity, Env, EnvFromList, Resources, VolumeMounts } from './pod-template.ts';
import { type Rule, validations } from './rules.ts';

/** The three kinds of handler: a container beside the worker, a service that runs already, one of ours. */

const args = (description: string) =>
  z
    .array(z.string().max(4096))
    .max(64)
    .meta({ description, ...atomic })
    .exactOptional();

const ContainerFields = z.object({
  image: text(512, 'Image of the handler; anything that answers HTTP.'),
  port: port('Port it listens on; it is told in the variable PORT.').default(8080),
  path: urlPath('Path that notifications are posted to.').default('/'),
  command: args('Entry point, instead of that of the image.'),
  args: args('Arguments, instead of those of the image.'),
  imagePullPolicy: z
    .enum(['Always', 'IfNotPresent', 'Never'])
    .describe('When the image is pulled; none = the default of Kubernetes for its tag.')
    .exactOptional(),
  env: Env,
  envFrom: EnvFromList,
  volumeMounts: VolumeMounts,
  resources: filled(Resources, 'Resources of the container; a CPU request is set where there is none.'),
  securityContext: filled(
    ContainerSecurity,
    'Who it runs as. It never runs as root and has no capabilities, as the restricted Pod Security standard asks.',
  ),
});
export type HandlerContainer = z.output<typeof ContainerFields>;

/** They tell the handler where to listen. */
const OWN_VARIABLES = Object.keys(HandlerEnv.shape);

export const containerRules: readonly Rule<HandlerContainer>[] = [
  {
    rule: `self.port != ${PORTS.inner}`,
    message: `port ${PORTS.inner} is the worker's own, in the same pod: let the handler listen on another`,
    fieldPath: '.port',
    holds: (self) => self.port !== PORTS.inner,
  },
  {
    rule: `self.env.all(e, !(e.name in ${JSON.stringify(OWN_VARIABLES)}))`,
    message: `${OWN_VARIABLES.join(' and ')} are set by the operator: set container.port instead`,
    fieldPath: '.env',
    holds: (self) => self.env.every(({ name }) => !OWN_VARIABLES.includes(name)),
  },
];

const HttpFields = z.object({
  url: z
    .string()
    .min(1)
    .max(2048)
    .regex(
      /^https?:\/\/[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(\/[!-"$-~]*)?$/,
      'must be an http or https URL without user, password and fragment',
    )
    .describe('URL that notifications are posted to.')
    .exactOptional(),
  serviceRef: z
    .object({
      name: objectName('Name of the Service, in the namespace of this resource.'),
      port: port('Port of the Service.'),
      path: urlPath('Path that notifications are posted to.').default('/'),
    })
    .describe('A Service of this namespace instead of a URL.')
    .exactOptional(),
  authSecretKeyRef: secretKeyRef('Secret with a bearer token, sent in the Authorization header.').exactOptional(),
});
export type HandlerHttp = z.output<typeof HttpFields>;

export const httpRules: readonly Rule<HandlerHttp>[] = [
  {
    rule: 'has(self.url) != has(self.serviceRef)',
    message: 'needs either url or serviceRef, not both',
    holds: (self) => (self.url === undefined) !== (self.serviceRef === undefined),
  },
];

export const HandlerContainer = ContainerFields.meta(validations(...containerRules));
export const HandlerHttp = HttpFields.meta(validations(...httpRules));
export const HandlerBuiltin = z.object({
  type: z
    .enum(['Echo', 'Noop'])
    .default('Echo')
    .describe('Echo logs the topic and key of each notification, Noop does nothing. Both answer 200.'),
});

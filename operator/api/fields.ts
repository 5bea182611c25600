import * as z from 'zod';
import { BYTE_SIZE } from './byte-size.ts';
import { DURATION } from './duration.ts';

/**
 * Building blocks of the schema. Everything has a bound: the API server budgets its CEL rules by the longest string and
 * list that could come. No `refine` or `transform` anywhere in this folder: JSON Schema cannot carry them.
 */

export const DNS_LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const QUANTITY = '^\\+?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?[0-9]+))?$';

export const text = (max: number, description: string) => z.string().min(1).max(max).describe(description);

/** The name of a Kubernetes object. */
export const objectName = (description: string) => z.string().max(253).regex(DNS_SUBDOMAIN).describe(description);

/** The name of a Kubernetes object, or empty for none. */
export const optionalObjectName = (description: string) =>
  z
    .string()
    .max(253)
    .regex(new RegExp(`^$|${DNS_SUBDOMAIN.source}`))
    .default('')
    .describe(description);

export const dataKey = (description: string) =>
  z
    .string()
    .min(1)
    .max(253)
    .regex(/^[-._a-zA-Z0-9]+$/)
    .describe(description);

export const duration = (description: string) =>
  z
    .string()
    .max(16)
    .regex(DURATION, 'write hours, minutes and seconds, such as 168h, 1h30m or 45s')
    .describe(description);

export const port = (description: string) => z.int32().min(1).max(65_535).describe(description);

export const whole = (min: number, max: number, description: string) =>
  z.int32().min(min).max(max).describe(description);

export const urlPath = (description: string) =>
  z
    .string()
    .max(1024)
    .regex(/^\/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/, 'must begin with / and hold only what a URL path may')
    .describe(description);

export const flag = (description: string) => z.boolean().default(false).describe(description);

/** A number of bytes: `x-kubernetes-int-or-string`, as Kubernetes has its quantities. */
export const byteSize = (description: string) =>
  z
    .union([z.int().min(1), z.string().max(18).regex(BYTE_SIZE, 'write a whole number of bytes, such as 512Mi or 1Gi')])
    .meta({ description, 'x-kubernetes-int-or-string': true, minimum: 1, pattern: BYTE_SIZE.source, maxLength: 18 });

/** Any Kubernetes quantity that can be reserved. */
const quantity = z
  .union([z.int().min(0), z.string().max(32).regex(new RegExp(QUANTITY))])
  .meta({ 'x-kubernetes-int-or-string': true, minimum: 0, pattern: QUANTITY, maxLength: 32 });

export const quantities = (description: string) =>
  z.record(z.string().max(253), quantity).meta({ description, maxProperties: 16 });

export const stringMap = (maxEntries: number, maxLength: number, description: string) =>
  z.record(z.string().max(317), z.string().max(maxLength)).meta({ description, maxProperties: maxEntries });

/** An object of Kubernetes' own that is passed on as it is; the API server checks it where it is used. */
export const passedOn = (description: string) =>
  z.record(z.string().max(253), z.unknown()).meta({ description, 'x-kubernetes-preserve-unknown-fields': true });

/** A list that is merged by key, so that several managers can own entries. */
export const listMap = (...keys: readonly string[]) => ({
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
});
export const setOf = { 'x-kubernetes-list-type': 'set' } as const;
export const atomic = { 'x-kubernetes-list-type': 'atomic' } as const;

export const secretKeyRef = (description: string) =>
  z
    .object({
      name: objectName('Name of the Secret, in the namespace of this resource.'),
      key: dataKey('Key inside the Secret.'),
    })
    .describe(description);

/**
 * An object that may be left out, its fields all having defaults. The default is written out whole: the API server
 * evaluates rules on a default as it stands, before it fills in the fields.
 */
export const filled = <T extends z.ZodObject>(schema: T, description: string) =>
  z._default(schema, () => schema.parse({}) as z.core.util.NoUndefined<z.output<T>>).describe(description);

export const time = (description: string) => z.string().max(40).meta({ description, format: 'date-time' });

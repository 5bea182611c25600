import type * as z from 'zod';
import * as zod from 'zod';
import { Values } from './values.ts';

/** A value as its JSON Schema has it. */
export interface ValueSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
  readonly additionalProperties?: boolean | ValueSchema;
  readonly items?: ValueSchema;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly [keyword: string]: unknown;
}

/** The schema that Helm checks values by: draft 7, and nothing in it that is not declared. */
export const valuesSchema = (): ValueSchema =>
  withoutDefaults(zod.toJSONSchema(Values, { target: 'draft-7', io: 'input' }) as ValueSchema);

/** Defaults stand in values.yaml; the schema is read by machines. */
function withoutDefaults(schema: ValueSchema): ValueSchema {
  const { default: _, properties, ...rest } = schema;
  if (properties === undefined) return rest;
  const entries = Object.entries(properties).map(([name, one]) => [name, withoutDefaults(one)] as const);
  return { ...rest, properties: Object.fromEntries(entries) };
}

export type DefaultValues = z.output<typeof Values>;

export const defaultValues = (): DefaultValues => Values.parse({});

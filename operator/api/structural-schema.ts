import * as z from 'zod';

/** A structural schema of Kubernetes, as far as ours goes: OpenAPI 3.0, every node typed, nothing but its own keywords. */
export interface StructuralSchema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  description?: string;
  default?: unknown;
  enum?: unknown[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  items?: StructuralSchema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, StructuralSchema>;
  required?: string[];
  additionalProperties?: StructuralSchema;
  maxProperties?: number;
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-validations'?: { rule: string; message: string; fieldPath?: string }[];
}

/** The structural schema of a zod schema that keeps to the subset of this folder. */
export function structural(schema: z.ZodType): StructuralSchema {
  return z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io: 'input',
    reused: 'inline',
    override: ({ jsonSchema }) => refit(jsonSchema),
  }) as StructuralSchema;
}

/** Takes out what zod says correctly and Kubernetes refuses. */
function refit(node: z.core.JSONSchema.BaseSchema): void {
  delete node['$schema'];
  delete node.propertyNames;
  if (node.minimum === Number.MIN_SAFE_INTEGER) delete node.minimum;
  if (node.maximum === Number.MAX_SAFE_INTEGER) delete node.maximum;
  if (node['x-kubernetes-int-or-string'] === true) {
    delete node.type;
    delete node.anyOf;
  }
  if (node['x-kubernetes-preserve-unknown-fields'] === true) delete node.additionalProperties;
}

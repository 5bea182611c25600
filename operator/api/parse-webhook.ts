import type * as z from 'zod';
import type { Problem } from './rules.ts';
import { shapeProblems } from './shape.ts';
import { type StructuralSchema, structural } from './structural-schema.ts';
import { API_VERSION, brokenRules, IntercomWebhook, KIND, Spec } from './v1alpha1.ts';

export type Parsed =
  | { readonly kind: 'ok'; readonly webhook: IntercomWebhook }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/**
 * Reads a resource where there is no API server, and refuses what one would refuse: wrong types and values, unknown
 * fields, entries given twice, rules across fields. Every problem names its field; `webhook` has its defaults filled in.
 */
export function parseWebhook(value: unknown): Parsed {
  const parsed = IntercomWebhook.safeParse(value);
  if (!parsed.success) return { kind: 'invalid', problems: parsed.error.issues.map(problemOf) };
  const { spec } = value as { spec: unknown };
  const problems = [...shapeProblems(specShape(), spec, 'spec'), ...brokenRules(parsed.data)];
  return problems.length === 0 ? { kind: 'ok', webhook: parsed.data } : { kind: 'invalid', problems };
}

let shape: StructuralSchema | undefined;

/** Takes some 10 ms to make: more than everything else here. */
const specShape = (): StructuralSchema => {
  shape ??= structural(Spec);
  return shape;
};

function problemOf({ path, message }: z.core.$ZodIssue): Problem {
  const field = path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? String(key) : `${text}.${String(key)}`),
    '',
  );
  if (field === '') return { path: '', message: `must be an object of kind ${KIND}` };
  if (field === 'apiVersion') return { path: field, message: `must be ${API_VERSION}` };
  if (field === 'kind') return { path: field, message: `must be ${KIND}` };
  return { path: field, message };
}

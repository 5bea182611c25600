import { parseWebhook } from './api/parse-webhook.ts';
import type { KubeObject } from './kube/resource.ts';

/** Whether a resource can be worked with, and why not. */
export interface Acceptance {
  readonly status: 'True' | 'False';
  readonly reason: 'Parsed' | 'Invalid';
  readonly message: string;
}

/** More would not be read. */
const MAX_PROBLEMS = 10;

/**
 * The API server checks a resource by the CRD that was installed when it was written; that may be of another release than
 * we are.
 */
export function acceptance(observed: KubeObject): Acceptance {
  // What we have written into the status is not the user's to answer for.
  const { status: _, ...declared } = observed;
  const parsed = parseWebhook(declared);
  if (parsed.kind === 'ok') return { status: 'True', reason: 'Parsed', message: 'the resource is valid' };
  const named = parsed.problems.slice(0, MAX_PROBLEMS).map(({ path, message }) => `${path}: ${message}`);
  const more = parsed.problems.length - named.length;
  return {
    status: 'False',
    reason: 'Invalid',
    message: `${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
  };
}

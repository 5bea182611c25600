import type { OnCall } from './caller.ts';
import { type Call, describeCall, type Verb } from './kube-error.ts';

/** What our role lacks, as far as calls have shown it. */
export interface Forbidden {
  readonly onCall: OnCall;
  /** `patch intercomwebhooks.intercom-operator.io/status`: what a role would have to allow. */
  list(): string[];
}

/** As roles name them. Server-side apply also creates. */
const RULE_VERBS: Readonly<Record<Verb, string>> = {
  get: 'get',
  list: 'list',
  watch: 'watch',
  create: 'create',
  replace: 'update',
  apply: 'patch',
  delete: 'delete',
};

/** Remembers calls that were forbidden until one of their kind is allowed. Verbs and resources are few, so it stays small. */
export function trackForbidden(): Forbidden {
  const forbidden = new Map<string, string>();
  return {
    onCall: (call, result) => {
      const { ref: _, ...kind } = call;
      const key = describeCall(kind);
      if (result === 'forbidden') forbidden.set(key, ruleOf(kind));
      else if (result === 'ok') forbidden.delete(key);
    },
    list: () => [...forbidden.values()],
  };
}

const ruleOf = (call: Call): string => describeCall(call).replace(call.verb, RULE_VERBS[call.verb]);

import type { OnCall } from './caller.ts';
import { type Call, describeCall, type Verb } from './kube-error.ts';
import { titleOf } from './resource.ts';

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
  patch: 'patch',
  delete: 'delete',
};

/**
 * Remembers calls that were forbidden until one of their kind is allowed. Verbs and resources are few, so it stays small.
 * @param namespaces those that have roles of their own, which may lack something each; none where one role is for all
 * @param home our own, with a role too: elsewhere we have none, and lack nothing
 */
export function trackForbidden(namespaces: readonly string[], home: string): Forbidden {
  const forbidden = new Map<string, Call>();
  const forget = ({ resource }: Call): void => {
    for (const [key, call] of forbidden) {
      if (titleOf(call.resource) === titleOf(resource)) forbidden.delete(key);
    }
  };
  return {
    onCall: (call, result) => {
      const { ref, ...rest } = call;
      const { namespace } = ref ?? {};
      const hasOwnRole = namespace !== undefined && namespaces.includes(namespace);
      if (namespaces.length > 0 && namespace !== undefined && !hasOwnRole && namespace !== home) return;
      const kind = hasOwnRole ? { ...rest, ref: { namespace } } : rest;
      const key = describeCall(kind);
      if (result === 'forbidden') forbidden.set(key, kind);
      else if (result === 'ok') forbidden.delete(key);
      // A kind that is being taken away is forbidden to be created; when it has gone nobody can be allowed to.
      else if (call.verb === 'list' && result === 'not-found') forget(call);
    },
    list: () => Array.from(forbidden.values(), ruleOf),
  };
}

const ruleOf = (call: Call): string => describeCall(call).replace(call.verb, RULE_VERBS[call.verb]);

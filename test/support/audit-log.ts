import { readFileSync } from 'node:fs';
import * as z from 'zod';
import type { PolicyRule } from '#operator/rbac.ts';

/** A line of a kube-apiserver's audit log. */
const Entry = z.object({
  /** Without a name where nobody was let in. */
  user: z.object({ username: z.string().default('') }),
  verb: z.string(),
  objectRef: z
    .object({ apiGroup: z.string().default(''), resource: z.string(), subresource: z.string().exactOptional() })
    .exactOptional(),
  requestURI: z.string(),
  responseStatus: z.object({ code: z.int() }).exactOptional(),
});
type Entry = z.output<typeof Entry>;

const entriesOf = (file: string, username: string): Entry[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Entry.parse(JSON.parse(line)))
    .filter(({ user }) => user.username === username);

/** `patch apps/deployments`, `patch intercom-operator.io/intercomwebhooks/status`, `get /secrets`. */
type Leave = string;

const leave = (verb: string, apiGroup: string, resource: string): Leave => `${verb} ${apiGroup}/${resource}`;

/** What of the roles a user has needed so far, and what it was refused. */
export function usedBy(file: string, username: string): { used: ReadonlySet<Leave>; refused: readonly string[] } {
  const entries = entriesOf(file, username);
  const used = entries.flatMap(({ verb, objectRef, requestURI, responseStatus }) => {
    if (objectRef === undefined) return [leave(verb, '', requestURI)];
    const { apiGroup, resource, subresource } = objectRef;
    const of = (each: string) =>
      leave(each, apiGroup, subresource === undefined ? resource : `${resource}/${subresource}`);
    // Server-side apply of what is not there is authorized as `create` too, of which the log does not tell.
    return verb === 'patch' && responseStatus?.code === 201 ? [of('patch'), of('create')] : [of(verb)];
  });
  const refused = entries.filter(({ responseStatus }) => responseStatus?.code === 403);
  return { used: new Set(used), refused: refused.map(({ verb, requestURI }) => `${verb} ${requestURI}`) };
}

export const grantedBy = (rules: readonly PolicyRule[]): ReadonlySet<Leave> =>
  new Set(
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => leave(verb, group, resource)))),
    ),
  );

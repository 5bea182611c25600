import * as z from 'zod';
import type { Endpoint } from './api/spec-endpoint.ts';
import type { KubeObject } from './kube/resource.ts';

/** What the Gateways of an HTTPRoute say of it. */

type ParentRef = NonNullable<Endpoint['gateway']>['parentRefs'][number];

interface Answer {
  readonly kind: 'taken' | 'refused' | 'silent';
  /** `Gateway edge/public (listener https)`; of one that refuses, with its words. */
  readonly text: string;
}

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(''),
  message: z.string().default(''),
  observedGeneration: z.int().optional(),
});
type Condition = z.output<typeof Condition>;

const Routed = z.object({
  parents: z.array(
    z.object({
      parentRef: z.object({ name: z.string(), namespace: z.string().optional(), sectionName: z.string().optional() }),
      conditions: z.array(Condition).default([]),
    }),
  ),
});
type Parent = z.output<typeof Routed>['parents'][number];

/** What a Gateway says of a route that it carries: it may attach, and all that it refers to is there. */
const NEEDED = ['Accepted', 'ResolvedRefs'] as const;

/** Of each Gateway in its order. @param namespace of the route: a reference that names none means it */
export function parentAnswers(route: KubeObject, refs: readonly ParentRef[], namespace: string): Answer[] {
  const parents = Routed.safeParse(route['status']).data?.parents ?? [];
  const { generation = 0 } = route.metadata;
  return refs.map((ref) => {
    const own = parents.filter(({ parentRef }) => idOf(parentRef, namespace) === idOf(ref, namespace));
    // Several controllers may speak for one Gateway: one that takes the route is enough.
    const answers = own.map((parent) => answerOf(parent, generation));
    const title = titleOf(ref, namespace);
    if (answers.some(({ kind }) => kind === 'taken')) return { kind: 'taken', text: title };
    const refusal = answers.find(({ kind }) => kind === 'refused');
    return refusal === undefined
      ? { kind: 'silent', text: title }
      : { kind: 'refused', text: `${title} says ${refusal.text}` };
  });
}

const idOf = (ref: Parent['parentRef'], namespace: string): string =>
  [ref.namespace ?? namespace, ref.name, ref.sectionName ?? ''].join('/');

const titleOf = (ref: ParentRef, namespace: string): string =>
  `Gateway ${ref.namespace ?? namespace}/${ref.name}` +
  (ref.sectionName === undefined ? '' : ` (listener ${ref.sectionName})`);

function answerOf({ conditions }: Parent, generation: number): Answer {
  // What was said of an older one says nothing of this.
  const current = conditions.filter(({ observedGeneration = generation }) => observedGeneration >= generation);
  const said = NEEDED.flatMap((type) => current.find((condition) => condition.type === type) ?? []);
  const no = said.find(({ status }) => status === 'False');
  if (no !== undefined) return { kind: 'refused', text: wordsOf(no) };
  const isTaken = said.length === NEEDED.length && said.every(({ status }) => status === 'True');
  return { kind: isTaken ? 'taken' : 'silent', text: '' };
}

const wordsOf = ({ type, reason, message }: Condition): string => `${type}=False, ${reason}: ${message}`;

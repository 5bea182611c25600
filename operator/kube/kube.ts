import * as z from 'zod';
import { isRecord } from '#shared/key.ts';
import { type Answer, bodyOf, type Caller, createCaller, type How, type OnCall } from './caller.ts';
import type { Connection } from './connection.ts';
import { createdAsApplied, hasCreatedFields } from './field-owners.ts';
import { type Call, isAbsence, KubeError } from './kube-error.ts';
import { apiVersionOf, type Desired, KubeObject, type ObjectRef, pathOf, type Resource } from './resource.ts';
import { createTransport } from './transport.ts';
import { type WatchEvent, type WatchOptions, watchOnce } from './watch.ts';

/** A part of a collection. */
export interface Scope {
  /** Every namespace where it is absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
}

/** A part of a collection, and how much of it is listed at once; 50 objects where it does not say. */
export interface Listed extends Scope {
  readonly pageSize?: number;
}

export interface Page {
  readonly items: readonly KubeObject[];
  /** Of the whole list: a watch from here on misses nothing. The same on every page. */
  readonly resourceVersion: string;
}

export interface Kube {
  /** @returns null where there is no such object */
  get(resource: Resource, ref: ObjectRef, how: How): Promise<KubeObject | null>;
  /**
   * Everything in a scope as it was at one moment, page by page; `how` is for each page.
   * @throws KubeError `gone` where the API server has forgotten that moment before the last page
   */
  pages(resource: Resource, scope: Listed, how: How): AsyncGenerator<Page, void, undefined>;
  /** One watch request from a resource version on, bookmarks included, that the API server ends after `seconds`. */
  watch(
    resource: Resource,
    scope: Scope & { resourceVersion: string; seconds: number },
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent, void, undefined>;
  /**
   * Server-side apply under our field manager: creates the object, or brings the fields named to what is desired.
   * @throws KubeError `conflict` where another manager owns one of them otherwise, and `force` is not set
   */
  apply(resource: Resource, desired: Desired, how: How & { force?: boolean }): Promise<KubeObject>;
  /** The same for the status; of an object that is there. */
  applyStatus(resource: Resource, desired: Desired, how: How & { force?: boolean }): Promise<KubeObject>;
  /** The fields are then ours by creation: see {@link Kube.adoptFields}. @throws KubeError `already-exists` */
  create(resource: Resource, desired: Desired, how: How): Promise<KubeObject>;
  /**
   * Makes the fields that `create` has set ours as if they had been applied, so that `apply` takes away those which are not
   * desired any more. Of no effect where there are none.
   * @throws KubeError `conflict` where somebody else writes the object meanwhile
   */
  adoptFields(resource: Resource, ref: ObjectRef, how: How): Promise<void>;
  /** @throws KubeError `conflict` where the object has another resource version than `desired` */
  replace(resource: Resource, desired: Desired, how: How): Promise<KubeObject>;
  /**
   * @returns false where there is no such object
   * @throws KubeError `conflict` where a precondition does not hold
   */
  delete(resource: Resource, ref: ObjectRef, how: How & DeleteOptions): Promise<boolean>;
  /** Ends every call and watch. */
  close(): void;
}

export interface DeleteOptions {
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  /** What becomes of the objects that this one owns. `Background` where it is absent. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan';
}

export interface KubeOptions {
  readonly connection: Connection;
  /** As {@link FIELD_MANAGER}; another where it is not the operator. */
  readonly fieldManager: string;
  readonly userAgent: string;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onCall?: OnCall;
}

/**
 * Of objects of 10 kB that is half a megabyte: text beyond a megabyte lies outside of V8's heap, where it is collected late,
 * so that a copy of 5000 objects would keep 30 MB of what it was read from.
 */
const PAGE_SIZE = 50;
const PAGE_TIMEOUT_MS = 30_000;

/** The one way to the API server. Every call fails with a {@link KubeError}, or with the reason of its own signal. */
export function createKube(options: KubeOptions): Kube {
  const { fieldManager, random, onCall = () => {} } = options;
  const transport = createTransport(options.connection, options.userAgent);
  const caller = createCaller({ transport, random, onCall });

  const patch = (subresource: string | undefined): Kube['apply'] => {
    return (resource, desired, { force = false, ...how }) => {
      const ref = refOf(desired);
      const below = subresource === undefined ? {} : { subresource };
      const call: Call = { verb: 'apply', resource, ref, ...below };
      const query = { fieldManager, force: String(force) };
      const body = { type: 'application/apply-patch+yaml', json: complete(resource, desired) };
      return caller(
        call,
        { method: 'PATCH', path: pathOf(resource, { ...ref, ...below }), query, body },
        how,
        objectIn(call),
      );
    };
  };

  const get: Kube['get'] = (resource, ref, how) => {
    const call: Call = { verb: 'get', resource, ref };
    return caller(call, { method: 'GET', path: pathOf(resource, ref) }, how, (answer) =>
      isAbsence(answer, ref.name) ? null : objectIn(call)(answer),
    );
  };

  return {
    get,

    pages: (resource, scope, how) => listPages(caller, resource, scope, how),

    watch(resource, { resourceVersion, seconds, ...scope }, watching) {
      const query = {
        ...selector(scope),
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion,
        timeoutSeconds: String(seconds),
      };
      const path = pathOf(resource, placeOf(scope));
      return watchOnce(
        transport,
        { verb: 'watch', resource, ref: placeOf(scope) },
        { method: 'GET', path, query, isWatch: true },
        watching,
      );
    },

    apply: patch(undefined),
    applyStatus: patch('status'),

    create(resource, desired, how) {
      const ref = refOf(desired);
      const call: Call = { verb: 'create', resource, ref };
      const path = pathOf(resource, placeOf(ref));
      const body = { type: 'application/json', json: complete(resource, desired) };
      return caller(call, { method: 'POST', path, query: { fieldManager }, body }, how, objectIn(call));
    },

    async adoptFields(resource, ref, how) {
      const found = await get(resource, ref, how);
      if (found === null || !hasCreatedFields(found, fieldManager)) return;
      const call: Call = { verb: 'patch', resource, ref };
      const json = [
        { op: 'replace', path: '/metadata/managedFields', value: createdAsApplied(found, fieldManager) },
        // What was read is what is changed.
        { op: 'replace', path: '/metadata/resourceVersion', value: found.metadata.resourceVersion },
      ];
      const body = { type: 'application/json-patch+json', json };
      await caller(call, { method: 'PATCH', path: pathOf(resource, ref), body }, how, objectIn(call));
    },

    replace(resource, desired, how) {
      const ref = refOf(desired);
      const call: Call = { verb: 'replace', resource, ref };
      const body = { type: 'application/json', json: complete(resource, desired) };
      const outgoing = { method: 'PUT', path: pathOf(resource, ref), query: { fieldManager }, body } as const;
      return caller(call, outgoing, how, objectIn(call));
    },

    delete(resource, ref, { preconditions, propagation = 'Background', ...how }) {
      const call: Call = { verb: 'delete', resource, ref };
      const json = {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        propagationPolicy: propagation,
        ...(preconditions === undefined ? {} : { preconditions }),
      };
      const body = { type: 'application/json', json };
      return caller(call, { method: 'DELETE', path: pathOf(resource, ref), body }, how, (answer) => {
        if (isAbsence(answer, ref.name)) return false;
        bodyOf(call, answer);
        return true;
      });
    },

    close: () => transport.close(),
  };
}

/** Items of a list come without what they have in common. */
const List = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().default('') }),
  items: z.array(z.custom<object>(isRecord)).nullable(),
});

async function* listPages(
  caller: Caller,
  resource: Resource,
  { pageSize = PAGE_SIZE, ...scope }: Listed,
  how: How,
): ReturnType<Kube['pages']> {
  const call: Call = { verb: 'list', resource, ref: placeOf(scope) };
  const path = pathOf(resource, placeOf(scope));
  let place = '';
  do {
    const query = { ...selector(scope), limit: String(pageSize), ...(place === '' ? {} : { continue: place }) };
    const list = await caller(call, { method: 'GET', path, query }, { timeoutMs: PAGE_TIMEOUT_MS, ...how }, (answer) =>
      parsed(call, List, bodyOf(call, answer)),
    );
    const common = { apiVersion: apiVersionOf(resource), kind: resource.kind };
    const items = (list.items ?? []).map((item) => parsed(call, KubeObject, { ...common, ...item }));
    yield { items, resourceVersion: list.metadata.resourceVersion };
    place = list.metadata.continue;
  } while (place !== '');
}

const objectIn =
  (call: Call) =>
  (answer: Answer): KubeObject =>
    parsed(call, KubeObject, bodyOf(call, answer));

function parsed<T>(call: Call, schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new KubeError('unavailable', call, `the answer is not what was asked for: ${z.prettifyError(result.error)}`);
}

const complete = (resource: Resource, desired: Desired): object => ({
  ...desired,
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
});

function refOf({ metadata }: Desired): ObjectRef {
  if (metadata?.name === undefined) throw new Error('an object that is written needs a name');
  return { name: metadata.name, ...placeOf(metadata) };
}

const placeOf = ({ namespace }: { namespace?: string }): { namespace?: string } =>
  namespace === undefined ? {} : { namespace };

const selector = ({ labelSelector }: Scope): Record<string, string> =>
  labelSelector === undefined ? {} : { labelSelector };

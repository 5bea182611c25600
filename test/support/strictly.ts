import * as z from 'zod';
import type { Connection } from '#operator/kube/connection.ts';
import { type Desired, pathOf, type Resource } from '#operator/kube/resource.ts';
import { createTransport, type Outgoing, readBody } from '#operator/kube/transport.ts';
import { soon } from './kube.ts';

/** What is wrong with one field, in the API server's words; the field is empty where it blames none. */
interface Complaint {
  readonly field: string;
  readonly message: string;
}

export type Verdict =
  | { readonly kind: 'accepted'; readonly object: z.output<typeof Accepted> }
  | { readonly kind: 'refused'; readonly complaints: readonly Complaint[] };

/** A field that the API server does not know is refused, where it would be dropped otherwise. */
export interface Strict {
  /** Asks whether the object could be made, and makes nothing. */
  wouldCreate(resource: Resource, object: Desired): Promise<Verdict>;
  /** Asks whether the object could take the place of the one that is there, or its status that of the status. */
  wouldReplace(resource: Resource, object: Desired, subresource?: 'status'): Promise<Verdict>;
  /** Asks whether the object could be applied, server-side. */
  wouldApply(resource: Resource, object: Desired): Promise<Verdict>;
  create(resource: Resource, object: Desired): Promise<Verdict>;
  close(): void;
}

/** A client of the API server that has fields checked strictly. */
export function strictly(connection: Connection): Strict {
  const transport = createTransport(connection, 'test');
  const ask = async (outgoing: Outgoing): Promise<Verdict> => {
    const query = { ...outgoing.query, fieldManager: 'test', fieldValidation: 'Strict' };
    const response = await transport.send({ ...outgoing, query }, soon().signal);
    const body = await readBody(response, MAX_BODY_BYTES);
    if ((response.statusCode ?? 0) < 300) return { kind: 'accepted', object: Accepted.parse(body) };
    return { kind: 'refused', complaints: complaintsOf(Refusal.parse(body)) };
  };
  const create = (resource: Resource, object: Desired, query = {}): Promise<Verdict> => {
    const { namespace = '' } = object.metadata ?? {};
    return ask({
      method: 'POST',
      path: pathOf(resource, { namespace }),
      query,
      body: { type: JSON_TYPE, json: object },
    });
  };
  return {
    create,
    wouldCreate: (resource, object) => create(resource, object, DRY_RUN),
    wouldReplace: (resource, object, subresource) => {
      const path = pathOf(resource, { ...refOf(object), ...(subresource === undefined ? {} : { subresource }) });
      return ask({ method: 'PUT', path, query: DRY_RUN, body: { type: JSON_TYPE, json: object } });
    },
    wouldApply: (resource, object) => {
      const body = { type: 'application/apply-patch+yaml', json: object };
      return ask({
        method: 'PATCH',
        path: pathOf(resource, refOf(object)),
        query: { ...DRY_RUN, force: 'true' },
        body,
      });
    },
    close: () => transport.close(),
  };
}

const JSON_TYPE = 'application/json';
const DRY_RUN = { dryRun: 'All' };
const MAX_BODY_BYTES = 1024 * 1024;

/** Without a namespace where the kind has none. */
const refOf = ({ metadata: { name = '', namespace } = {} }: Desired) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

/** As it would be, or is. */
const Accepted = z.looseObject({
  metadata: z.looseObject({ name: z.string(), namespace: z.string().exactOptional() }),
});

/** The `Status` object of meta/v1. */
const Refusal = z.object({
  kind: z.literal('Status'),
  message: z.string(),
  details: z
    .object({
      causes: z.array(z.object({ field: z.string().default(''), message: z.string() })).default([]),
    })
    .default({ causes: [] }),
});

const complaintsOf = ({ message, details }: z.output<typeof Refusal>): readonly Complaint[] =>
  details.causes.length > 0 ? details.causes : [{ field: '', message }];

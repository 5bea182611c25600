import * as z from 'zod';
import { FILTER_FIELDS, Filter, type Selection, Sequences } from './selection.ts';

/** What the API is asked, as zod schemas. */

const kubernetesName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be a name as Kubernetes has them');

/** A whole number in a path or a query. */
const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max));

export const WebhookPath = z.object({ namespace: kubernetesName, name: kubernetesName });
export const LetterPath = WebhookPath.extend({ sequence: whole(1, Number.MAX_SAFE_INTEGER) });

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 50;

export const ListQuery = z.strictObject({
  ...FILTER_FIELDS,
  order: z.enum(['newest', 'oldest']).default('newest'),
  limit: whole(1, MAX_LIMIT).default(DEFAULT_LIMIT),
  /** `next` of the page before. */
  cursor: whole(1, Number.MAX_SAFE_INTEGER).optional(),
});

export const DEFAULT_RATE_PER_SECOND = 50;
export const MAX_RATE_PER_SECOND = 1_000;

/** One of three, so that nobody redrives or drops everything by leaving something out. */
const SELECTION_FIELDS = {
  sequences: Sequences.optional(),
  filter: Filter.refine(
    (filter) => Object.keys(filter).length > 0,
    'names nothing: say all where all are meant',
  ).optional(),
  all: z.literal(true).optional(),
} as const;

interface Selected {
  readonly sequences?: readonly number[] | undefined;
  readonly filter?: Filter | undefined;
  readonly all?: true | undefined;
}

const saysOnce = ({ sequences, filter, all }: Selected): boolean =>
  [sequences, filter, all].filter((each) => each !== undefined).length === 1;
const SAY_ONCE = 'say which: sequences, filter or all, and only one of them';

export const RedriveBody = z
  .strictObject({
    ...SELECTION_FIELDS,
    ratePerSecond: z.int().min(1).max(MAX_RATE_PER_SECOND).default(DEFAULT_RATE_PER_SECOND),
  })
  .refine(saysOnce, SAY_ONCE);

export const DropBody = z
  .strictObject({ ...SELECTION_FIELDS, /** Why; it is logged. */ why: z.string().trim().min(1).max(200) })
  .refine(saysOnce, SAY_ONCE);

export const selectionOf = ({ sequences, filter }: Selected): Selection =>
  sequences === undefined ? { kind: 'matching', filter: filter ?? {} } : { kind: 'sequences', sequences };

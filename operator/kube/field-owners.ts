import { isRecord } from '#shared/key.ts';

/** Who we are in `managedFields`; never changes over releases, else fields get two owners. */
export const FIELD_MANAGER = 'intercom-operator';

/** One of `metadata.managedFields`: which fields of an object somebody set, as a tree of names, and how. */
type Entry = Readonly<Record<string, unknown>>;

interface Owned {
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Whether a manager has fields of an object as one sets them by creating it. Server-side apply takes away only what was
 * applied: of these fields it would leave what is not desired any more.
 */
export const hasCreatedFields = (object: Owned, manager: string): boolean =>
  entriesOf(object).some((entry) => isCreated(entry, manager));

/** All entries of an object, those that a manager has created made ones that it has applied; the others as they are. */
export function createdAsApplied(object: Owned, manager: string): readonly Entry[] {
  const entries = entriesOf(object);
  const others = entries.filter((entry) => !isCreated(entry, manager));
  return entries
    .filter((entry) => isCreated(entry, manager))
    .reduce((all, created) => {
      const before = all.find((other) => isApplied(other, created));
      const fieldsV1 = union(created['fieldsV1'], before?.['fieldsV1']);
      return [...all.filter((other) => other !== before), { ...created, operation: 'Apply', fieldsV1 }];
    }, others);
}

function entriesOf({ metadata: { managedFields } }: Owned): readonly Entry[] {
  return Array.isArray(managedFields) ? managedFields.filter(isRecord) : [];
}

const isCreated = (entry: Entry, by: string): boolean =>
  entry['manager'] === by && entry['operation'] === 'Update' && entry['subresource'] === undefined;

/** Whether it would be the same entry, if that had been applied. */
const isApplied = (entry: Entry, { manager, apiVersion }: Entry): boolean =>
  entry['manager'] === manager &&
  entry['operation'] === 'Apply' &&
  entry['apiVersion'] === apiVersion &&
  entry['subresource'] === undefined;

/** Of two trees; a leaf is an empty one. */
function union(a: unknown, b: unknown): Entry {
  const [one, other] = [a, b].map((tree) => (isRecord(tree) ? tree : {}));
  const names = new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})]);
  return Object.fromEntries(Array.from(names, (name) => [name, union(one?.[name], other?.[name])]));
}

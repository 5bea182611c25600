import { stringify } from 'yaml';
import type { DeadLetterEntry } from '#operator/dead-letters/entry.ts';
import type { DeadLetterClient } from './client.ts';
import { countTable, description, listTable } from './format.ts';
import { type FilterOptions, type Format, filterOf, queryOf } from './options.ts';
import { print, type Terminal, tell } from './terminal.ts';

export interface ReadDeps {
  readonly client: DeadLetterClient;
  readonly terminal: Terminal;
  readonly nowMs: () => number;
  /** `crm/support` */
  readonly webhook: string;
}

export interface ListOptions extends FilterOptions {
  readonly limit: number;
  readonly oldestFirst?: boolean;
  readonly output: Format;
}

/** The API's largest page. */
const PAGE = 500;

export async function list(options: ListOptions, { client, terminal, nowMs, webhook }: ReadDeps): Promise<void> {
  const items: DeadLetterEntry[] = [];
  let next: number | null = null;
  do {
    const query = queryOf(filterOf(options));
    query.set('order', options.oldestFirst === true ? 'oldest' : 'newest');
    query.set('limit', String(Math.min(PAGE, options.limit - items.length)));
    if (next !== null) query.set('cursor', String(next));
    const page = await client.list(query);
    items.push(...page.items);
    next = page.next;
  } while (next !== null && items.length < options.limit);
  if (isForPeople(options.output)) {
    if (items.length === 0) return tell(terminal, `no such dead letters of ${webhook}`);
    print(terminal, listTable(items, options.output === 'wide', nowMs()));
    if (next !== null) tell(terminal, `these are ${items.length}, there may be more: see --limit, and count`);
  } else print(terminal, encode({ items }, options.output));
}

export async function count(
  options: FilterOptions & { readonly output: Format },
  { client, terminal, nowMs, webhook }: ReadDeps,
): Promise<void> {
  const counts = await client.count(queryOf(filterOf(options)));
  if (!isForPeople(options.output)) return print(terminal, encode(counts, options.output));
  if (counts.total === 0) return tell(terminal, `no such dead letters of ${webhook}`);
  print(terminal, countTable(counts, nowMs()));
}

export async function show(
  sequence: number,
  { output, body }: { readonly output: Format; readonly body?: boolean },
  { client, terminal, nowMs }: ReadDeps,
): Promise<void> {
  if (body === true) return void terminal.stdout.write(await client.body(sequence));
  const entry = await client.show(sequence);
  print(terminal, isForPeople(output) ? description(entry, nowMs()) : encode(entry, output));
}

const isForPeople = (format: Format): format is 'table' | 'wide' => format === 'table' || format === 'wide';

const encode = (value: unknown, format: 'json' | 'yaml'): string =>
  format === 'json' ? JSON.stringify(value, null, 2) : stringify(value).trimEnd();

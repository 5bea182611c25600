import type { MsgHdrs } from '@nats-io/transport-node';
import { HEADERS } from '#shared/contract.ts';
import { mentions } from '#shared/envelope.ts';
import { decodeHeader } from '#shared/header.ts';

/** Whose data is looked for: all ids that they have or had. Where contacts were merged, those of each. */
export interface Person {
  /** The `app_id`: ids of conversations are unique only there. Null = whatever workspace. */
  readonly workspace: string | null;
  readonly contacts: ReadonlySet<string>;
  readonly conversations: ReadonlySet<string>;
}

/**
 * Whether the headers of a stored message name the person: among the ids in it, or as what it is about. What says nothing
 * of a workspace may be of any. Total: what no release of ours has written names nobody. Pure.
 */
export function isAbout(hdrs: MsgHdrs, { workspace, contacts, conversations }: Person): boolean {
  const appId = decodeHeader(hdrs.get(HEADERS.appId));
  if (workspace !== null && appId !== '' && appId !== workspace) return false;
  const named = mentions(hdrs);
  if (named.contacts.some((id) => contacts.has(id))) return true;
  if (named.conversations.some((id) => conversations.has(id))) return true;
  // The lists leave out ids that are longer than any of Intercom's; the key does not.
  const [, kind = '', id = ''] = KEY.exec(decodeHeader(hdrs.get(HEADERS.key))) ?? [];
  return (kind === 'contact' && contacts.has(id)) || (kind === 'conversation' && conversations.has(id));
}

const KEY = /^([^/]*)\/(.*)$/s;

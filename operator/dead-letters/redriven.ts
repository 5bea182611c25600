import { type MsgHdrs, MsgHdrsImpl } from '@nats-io/transport-node';
import { HEADERS, SUBJECTS } from '#shared/contract.ts';
import { decodeHeader } from '#shared/header.ts';
import { slotOf } from '#shared/key.ts';
import { type Letter, readSubject, refusalOf } from './entry.ts';

/** A dead letter as it goes back into the events stream; its body goes beside it, untouched. */
export type RedrivePlan =
  | { readonly kind: 'publish'; readonly subject: string; readonly msgId: string; readonly headers: MsgHdrs }
  | { readonly kind: 'refused'; readonly why: string };

/**
 * How a letter is redriven: to the one handler that had refused it, in the slot of its key, with the notification's own
 * headers and a token that tells this letter from every other. The message id is made of the same token, so a letter
 * that is published twice is stored once within the stream's window, and later meets the claim of the first.
 * @param takers filters of the events stream's consumers: what none of them takes would wait for nobody, and expire
 */
export function planRedrive(letter: Letter, takers: readonly string[]): RedrivePlan {
  const { webhook, handler, topic } = readSubject(letter.subject);
  const refusal = refusalOf(handler, letter.headers);
  if (refusal !== null) return { kind: 'refused', why: refusal };
  const subject = SUBJECTS.redriven(webhook, handler, slotOfKey(decodeHeader(letter.headers.get(HEADERS.key))), topic);
  if (!takers.some((filter) => isMatch(filter, subject))) {
    return { kind: 'refused', why: `no consumer takes it for handler ${handler}: is that still declared?` };
  }
  const token = `${letter.sequence}-${letter.storedAtMs}`;
  return {
    kind: 'publish',
    subject,
    msgId: `redrive:${webhook}:${handler}:${token}`,
    headers: MsgHdrsImpl.fromRecord({ ...own(letter.headers), [HEADERS.redrive]: [token] }),
  };
}

/** The notification's headers alone. NATS's own would act again, and why it was dead is over. */
const own = (from: MsgHdrs): Record<string, string[]> =>
  Object.fromEntries(
    Object.values(HEADERS)
      .filter((name) => from.has(name))
      .map((name) => [name, [from.get(name)]]),
  );

function slotOfKey(text: string): string {
  const slash = text.indexOf('/');
  return slotOf({ kind: text.slice(0, slash), id: text.slice(slash + 1) });
}

/** Whether a filter of NATS takes a subject: `*` stands for one token, `>` at the end for one or more. */
export function isMatch(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const tokens = subject.split('.');
  const fits = wanted.every(
    (token, i) => token === '>' || (i < tokens.length && (token === '*' || token === tokens[i])),
  );
  return fits && (wanted.at(-1) === '>' ? tokens.length >= wanted.length : tokens.length === wanted.length);
}

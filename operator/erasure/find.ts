import type { JetStreamManager } from '@nats-io/jetstream';
import { STREAMS, SUBJECTS } from '#shared/contract.ts';
import { type HeadsRange, readHeads } from '../streams/heads.ts';
import { isAbout, type Person } from './person.ts';

export type Finding =
  | { readonly kind: 'found'; readonly stream: string; readonly seq: number; readonly subject: string }
  /** How far it is: messages looked at in this stream, up to which sequence, of how many. */
  | {
      readonly kind: 'progress';
      readonly stream: string;
      readonly looked: number;
      readonly seq: number;
      readonly throughSeq: number;
    };

/**
 * Every stored message about a person, by the ids in its headers: notifications, dead letters and effects of these
 * webhooks, in the order of each stream. Bodies are not read, and nothing is collected. What is stored after a stream's
 * turn has begun is not looked at: whoever erases ends deliveries first, or looks again.
 * @param webhooks tokens, {@link file://../../services/shared/contract.ts webhookToken}
 * @throws Error where NATS does not answer, or it was aborted; then nobody knows what else there is
 */
export async function* findPerson(
  manager: JetStreamManager,
  { person, webhooks, signal }: { person: Person; webhooks: readonly string[]; signal: AbortSignal },
): AsyncGenerator<Finding, void, void> {
  for (const { stream, subjects } of placesOf(webhooks)) {
    const { state } = await manager.streams.info(stream);
    const range: HeadsRange = { stream, subjects, fromSeq: 1, throughSeq: state.last_seq };
    let looked = 0;
    for await (const heads of readHeads(manager, range, signal)) {
      for (const { seq, subject, headers } of heads) {
        if (isAbout(headers, person)) yield { kind: 'found', stream, seq, subject };
      }
      looked += heads.length;
      yield { kind: 'progress', stream, looked, seq: heads.at(-1)?.seq ?? 0, throughSeq: state.last_seq };
    }
  }
}

/** The streams of dead letters and effects are shared: only what is of these webhooks is read there. */
const placesOf = (webhooks: readonly string[]): Pick<HeadsRange, 'stream' | 'subjects'>[] => [
  ...webhooks.map((webhook) => ({ stream: STREAMS.events(webhook), subjects: [] })),
  { stream: STREAMS.deadLetters, subjects: webhooks.map((webhook) => ofOne(SUBJECTS.allDeadLetters, webhook)) },
  { stream: STREAMS.effects, subjects: webhooks.map((webhook) => ofOne(SUBJECTS.allEffects, webhook)) },
];

/** The first wildcard stands for the webhook. */
const ofOne = (all: string, webhook: string): string => all.replace('*', webhook);

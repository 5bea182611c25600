import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { type MsgHdrs, type NatsConnection, nuid } from '@nats-io/transport-node';
import { HEADERS, STREAMS, SUBJECTS } from '#shared/contract.ts';
import { decodeList, encodeList } from '#shared/header.ts';
import { readPubAck } from '#shared/pub-ack.ts';
import { idDigest } from './claims/key.ts';
import { type Effect, encodeEffect, idsIn } from './effect.ts';
import { ownHeaders } from './own-headers.ts';

export interface EffectTarget {
  readonly webhook: string;
  readonly handler: string;
  /** How long an effect is kept, and so how long a second is refused: that of the claims. */
  readonly ttlMs: number;
}

/** Of one answer. */
export interface AskedFor {
  /** Of the notification that the handler answered. */
  readonly headers: MsgHdrs | undefined;
  /** Its {@link file://../shared/notification.ts dedupId}: a dead letter that is redriven has the same. */
  readonly id: string;
  readonly effects: readonly Effect[];
}

/** The broker has answered, and not stored them. */
export class EffectsRefused extends Error {
  override readonly name = 'EffectsRefused';
}

const TIMEOUT_MS = 2_000;

/** `stream store failed`: a full subject, but also a full stream. */
const STORE_FAILED = 10_077;

/**
 * Stores what handlers ask for, one message for each effect. The effects of one answer are stored together or not at
 * all (an atomic batch, ADR-50 of NATS), and those of one notification and handler once: each answer begins with index
 * 0, whose subject takes one message and no second. So the first answer that was stored is the one that is carried out,
 * whatever the handler says when it is called again.
 */
export class EffectStore {
  readonly #connection: NatsConnection;
  readonly #target: EffectTarget;
  #manager: Promise<JetStreamManager> | null = null;

  constructor(connection: NatsConnection, target: EffectTarget) {
    this.#connection = connection;
    this.#target = target;
  }

  /**
   * Resolves when effects of this notification are durable: these, or those of an answer before.
   * @throws EffectsRefused when the broker has no room for them, or takes them for another reason not
   * @throws Error when the broker does not confirm it within 2 s; to be called again with the same
   */
  async put(asked: AskedFor): Promise<'stored' | 'stored-before'> {
    const { webhook, handler } = this.#target;
    const digest = idDigest(asked.id);
    const subjects = asked.effects.map((_, i) => SUBJECTS.effect(webhook, handler, digest, i));
    const [first] = subjects;
    if (first === undefined) return 'stored';
    const ack = await this.#publish(asked, subjects);
    if (ack.kind === 'stored') return 'stored';
    if (ack.kind === 'refused' && ack.code === STORE_FAILED && (await this.#isThere(first))) return 'stored-before';
    throw new EffectsRefused(ack.kind === 'refused' ? ack.reason : 'the batch was not ended');
  }

  /** Nobody waits for all but the last, whose answer is that of the batch. */
  async #publish({ headers, effects }: AskedFor, subjects: readonly string[]): Promise<ReturnType<typeof readPubAck>> {
    const batch = nuid.next();
    const messages = effects.map((effect, i) => {
      const hdrs = headersOf(effect, headers);
      hdrs.set('Nats-TTL', `${Math.max(1, Math.ceil(this.#target.ttlMs / 1000))}s`);
      if (effects.length > 1) {
        hdrs.set('Nats-Batch-Id', batch);
        hdrs.set('Nats-Batch-Sequence', String(i + 1));
      }
      return { subject: subjects[i] ?? '', data: encodeEffect(effect), headers: hdrs };
    });
    const last = messages.pop();
    if (last === undefined) throw new Error('there is nothing to store');
    for (const { subject, data, headers } of messages) this.#connection.publish(subject, data, { headers });
    if (messages.length > 0) last.headers.set('Nats-Batch-Commit', '1');
    const reply = await this.#connection.request(last.subject, last.data, {
      headers: last.headers,
      timeout: TIMEOUT_MS,
    });
    return readPubAck(reply);
  }

  /**
   * A subject counts as full as soon as a message for it is on its way to the replicas, so a refusal alone says neither
   * why nor that anything is stored. A replica that is behind says no, and the caller tries again.
   */
  async #isThere(subject: string): Promise<boolean> {
    this.#manager ??= jetstreamManager(this.#connection, { checkAPI: false, timeout: TIMEOUT_MS });
    const { direct } = await this.#manager;
    return (await direct.getMessage(STREAMS.effects, { last_by_subj: subject })) !== null;
  }
}

/** Those of the notification, and in the lists of ids also whom the effect names by itself. */
function headersOf(effect: Effect, original: MsgHdrs | undefined): MsgHdrs {
  const hdrs = ownHeaders(original);
  const { contacts, conversations } = idsIn(effect);
  addTo(hdrs, HEADERS.contacts, contacts);
  addTo(hdrs, HEADERS.conversations, conversations);
  return hdrs;
}

function addTo(hdrs: MsgHdrs, name: string, ids: readonly string[]): void {
  if (ids.length > 0) hdrs.set(name, encodeList([...new Set([...decodeList(hdrs.get(name)), ...ids])]));
}

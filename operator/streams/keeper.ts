import { createHash } from 'node:crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import { METADATA } from '#shared/contract.ts';
import { asError } from '#shared/logger.ts';
import type { ConditionFinding } from '../api/condition-types.ts';
import type { Clock } from '../clock.ts';
import type { Refusal } from './converge.ts';
import type { Desired, DesiredStream } from './desired.ts';
import { reconcileStreams } from './reconcile.ts';

/** A connection of the operator's own, with which it may change what a namespace has in NATS. */
export type Access =
  | { readonly kind: 'connected'; readonly connection: NatsConnection }
  | { readonly kind: 'away'; readonly message: string };

export interface Brokers {
  /** Within a few seconds. */
  of(namespace: string): Promise<Access>;
}

/** How the streams of one resource are. */
export type StreamsState =
  | { readonly kind: 'ready' }
  | { readonly kind: 'away'; readonly message: string }
  | { readonly kind: 'unsupported'; readonly message: string }
  | { readonly kind: 'refused'; readonly refusals: readonly Refusal[] };

export interface StreamsKeeper {
  /** Compares with the server when something else is desired, or when it did not lately. Never throws. */
  bring(of: { readonly namespace: string; readonly uid: string }, desired: Desired): Promise<StreamsState>;
  /** What was compared may be different now: the server was away, or the resource is gone. */
  forget(uid?: string): void;
}

/** What somebody has changed by hand is put back within. */
const HOLDS_MS = 230_000;

/** Brings the streams of resources about, with no more calls than need be. */
export function createStreamsKeeper(brokers: Brokers, clock: Clock): StreamsKeeper {
  /** By uid: what was found to be as desired, and until when that is believed. */
  const compared = new Map<string, { readonly hash: string; readonly untilMs: number }>();
  /** How often something was forgotten: what was being compared then is not believed either. */
  let forgotten = 0;
  /** Streams that the resources of an account share, by hash, until when that is believed; an account is a connection. */
  let shared = new WeakMap<NatsConnection, Map<string, number>>();

  const knownOn = (connection: NatsConnection): Map<string, number> => {
    const known = shared.get(connection) ?? new Map<string, number>();
    shared.set(connection, known);
    return known;
  };

  const compare = async (connection: NatsConnection, desired: Desired): Promise<StreamsState> => {
    const known = knownOn(connection);
    const isKnown = (stream: DesiredStream) => isShared(stream) && (known.get(hashOf(stream)) ?? 0) > clock.now();
    const streams = desired.streams.filter((stream) => !isKnown(stream));
    const state = await reconciled({ ...desired, streams }, connection);
    if (state.kind !== 'ready') return state;
    const untilMs = clock.now() + HOLDS_MS;
    for (const stream of streams.filter(isShared)) known.set(hashOf(stream), untilMs);
    return state;
  };

  /** Those whose time is over, oldest first: of resources that are gone nothing else would. */
  const sweep = () => {
    for (const [uid, { untilMs }] of compared) {
      if (untilMs > clock.now()) return;
      compared.delete(uid);
    }
  };

  return {
    bring: async ({ namespace, uid }, desired) => {
      const hash = hashOf(desired);
      const before = compared.get(uid);
      if (before?.hash === hash && before.untilMs > clock.now()) return { kind: 'ready' };
      compared.delete(uid);
      const forgottenBefore = forgotten;
      const access = await accessTo(brokers, namespace);
      if (access.kind === 'away') return access;
      const state = await compare(access.connection, desired);
      sweep();
      if (state.kind === 'ready' && forgotten === forgottenBefore)
        compared.set(uid, { hash, untilMs: clock.now() + HOLDS_MS });
      return state;
    },
    forget: (uid) => {
      forgotten += 1;
      if (uid !== undefined) {
        compared.delete(uid);
        return;
      }
      compared.clear();
      shared = new WeakMap();
    },
  };
}

const hashOf = (desired: Desired | DesiredStream): string =>
  createHash('sha256').update(JSON.stringify(desired)).digest('hex');

/** It belongs to the cluster alone. */
const isShared = ({ metadata }: DesiredStream): boolean => metadata[METADATA.uid] === undefined;

async function accessTo(brokers: Brokers, namespace: string): Promise<Access> {
  try {
    return await brokers.of(namespace);
  } catch (error) {
    return { kind: 'away', message: `NATS cannot be reached: ${asError(error).message}` };
  }
}

async function reconciled(desired: Desired, connection: NatsConnection): Promise<StreamsState> {
  try {
    const outcome = await reconcileStreams(desired, connection);
    if (outcome.kind === 'unsupported-server') return { kind: 'unsupported', message: outcome.message };
    const { refused } = outcome.changes;
    return refused.length === 0 ? { kind: 'ready' } : { kind: 'refused', refusals: refused };
  } catch (error) {
    return { kind: 'away', message: `NATS did not do what it was asked for: ${asError(error).message}` };
  }
}

export function streamsFinding(state: StreamsState): ConditionFinding {
  const type = 'StreamsReady';
  switch (state.kind) {
    case 'ready':
      return { type, status: 'True', reason: 'Reconciled', message: 'streams and consumers are as they have to be' };
    case 'away':
      return { type, status: 'False', reason: 'NatsUnavailable', message: state.message };
    case 'unsupported':
      return { type, status: 'False', reason: 'UnsupportedServer', message: state.message };
    case 'refused':
      return { type, status: 'False', reason: 'Refused', message: state.refusals.map(refusalText).join('; ') };
  }
}

const refusalText = ({ object, field, reason, remedy }: Refusal): string =>
  `${object}${field === '' ? '' : `, ${field}`}: ${reason}: ${remedy}`;

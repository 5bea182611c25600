import { asError, type Logger } from '#shared/logger.ts';
import type { Ended } from './controller/controller.ts';
import type { EventResult } from './events/recorder.ts';
import { KubeError } from './kube/kube-error.ts';
import type { Incident } from './kube/reflector.ts';
import { type Resource, titleOf } from './kube/resource.ts';
import type { ObjectKey } from './kube/store.ts';
import type { LeadershipChange } from './leader/campaign.ts';
import type { RoomOutcome } from './streams/purge.ts';

/** One line per unit of work, with a constant message. */
export interface OperatorLog {
  outcome(end: Ended): void;
  incident(resource: Resource): (incident: Incident) => void;
  leadership(change: LeadershipChange): void;
  event(result: EventResult): void;
  /** It could not be found out which cluster this is. */
  trouble(error: Error): void;
  /** `NATS_CA_FILE` was usable, and is not any more. */
  authorities(error: Error): void;
  /** Its events stream is nearly full. */
  room(webhook: ObjectKey, outcome: RoomOutcome): void;
  /** What waits in NATS for its handlers could not be read. */
  survey(webhook: ObjectKey, error: Error): void;
}

/** What goes well and often is for who looks for it. */
const OUTCOME_LEVELS = { done: 'debug', requeue: 'debug', blocked: 'info', failed: 'warn' } as const;
const INCIDENT_LEVELS = { listed: 'info', unserved: 'debug', ended: 'debug', failed: 'warn' } as const;

export const createOperatorLog = (logger: Logger): OperatorLog => ({
  outcome: ({ key, outcome, durationMs }) => {
    const { kind, ...why } = withErr(outcome);
    logger[OUTCOME_LEVELS[kind]](
      { webhook: key, outcome: kind, ...why, durationMs: Math.round(durationMs) },
      'reconciled',
    );
  },
  incident: (of) => (incident) => {
    const { kind, ...what } = withErr(incident);
    logger[INCIDENT_LEVELS[kind]]({ resource: titleOf(of), incident: kind, ...what }, 'watch');
  },
  leadership: (change) => {
    switch (change.kind) {
      case 'elected':
        return logger.info('elected');
      case 'lost':
        return logger.warn({ reason: change.reason }, 'leadership lost');
      case 'trouble':
        return logger.warn({ err: asError(change.error) }, 'cannot reach the lease');
    }
  },
  event: (result) => {
    if (result.kind !== 'failed') return;
    // Where everything goes nobody reads any more.
    const isEnding = result.error instanceof KubeError && result.error.kind === 'ending';
    logger[isEnding ? 'debug' : 'warn']({ err: asError(result.error) }, 'event not written');
  },
  trouble: (error) => logger.warn({ err: error }, 'cluster not known yet'),
  authorities: (error) =>
    logger.error({ err: error }, 'authorities of nats cannot be read: the last ones stay in force'),
  room: (webhook, { kind, ...what }) => logger.warn({ webhook, room: kind, ...what }, 'events stream nearly full'),
  survey: (webhook, error) => logger.warn({ webhook, err: error }, 'what waits in nats could not be read'),
});

/** The logger shows an Error's message and stack only under the name `err`. */
const withErr = <T extends object>(value: T): Omit<T, 'error'> & { err?: Error } => {
  const { error, ...rest } = value as T & { error?: Error };
  return error === undefined ? rest : { ...rest, err: error };
};

import { STREAMS } from '#shared/contract.ts';
import { readSubject } from './entry.ts';
import { Pace } from './pace.ts';
import { pagesOf } from './pages.ts';
import { planRedrive } from './redriven.ts';
import { type Outcome, type Report, run } from './run.ts';
import type { Selection } from './selection.ts';
import { type DeadLetterStream, isStreamMissing } from './stream.ts';

export interface RedriveRequest {
  readonly webhook: string;
  readonly selection: Selection;
  readonly ratePerSecond: number;
  readonly signal: AbortSignal;
}

const PUBLISH_TIMEOUT_MS = 5_000;
/** A report is due about once a second. */
const MAX_PAGE = 500;

/**
 * Gives letters to their handlers once more: each is published for its handler alone, and removed from the dead letters
 * when the events stream has it. Whoever dies between the two, or meets another at it, does no harm: the second message
 * bears the id of the first. In the order in which they died, and no faster than asked for.
 */
export async function* redrive(
  stream: DeadLetterStream,
  { webhook, selection, ratePerSecond, signal }: RedriveRequest,
): AsyncGenerator<Report, void, void> {
  const events = STREAMS.events(webhook);
  const { last } = await stream.bounds();
  const takers = await takersOf(stream, events);
  const pace = new Pace(ratePerSecond);
  const size = Math.min(ratePerSecond, MAX_PAGE);
  yield* run(
    {
      pages: pagesOf(stream, { webhook, selection, through: last, size, signal }),
      pace: (signal) => pace.wait(signal),
      begin: async (sequence) => {
        const letter = await stream.read(sequence);
        if (letter === null || readSubject(letter.subject).webhook !== webhook) return async () => GONE;
        const plan = planRedrive(letter, takers);
        if (plan.kind === 'refused') return async () => plan;
        return async () => {
          const { subject, msgId, headers } = plan;
          const expect = { streamName: events };
          const options = { msgID: msgId, headers, expect, timeout: PUBLISH_TIMEOUT_MS };
          const ack = await stream.js.publish(subject, letter.body, options);
          if (ack.stream !== events) throw new Error(`it went into the stream ${ack.stream}`);
          return (await stream.remove(sequence, { overwrite: false })) ? DONE : GONE;
        };
      },
    },
    signal,
  );
}

const DONE: Outcome = { kind: 'done' };
const GONE: Outcome = { kind: 'gone' };

/** What the consumers of an events stream take; nothing where there is no such stream. */
async function takersOf({ manager }: DeadLetterStream, events: string): Promise<string[]> {
  const takers: string[] = [];
  try {
    for await (const { config } of manager.consumers.list(events)) {
      takers.push(...(config.filter_subjects ?? []));
      if (config.filter_subject !== undefined) takers.push(config.filter_subject);
    }
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
  }
  return takers;
}

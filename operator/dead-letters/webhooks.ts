import { METADATA, STREAMS, SUBJECTS, webhookToken } from '#shared/contract.ts';
import { type DeadLetterStream, isStreamMissing } from './stream.ts';

/** So many others are named to whoever asked for a webhook that is not there. */
const MAX_NAMED = 20;

/** Whether anything of a webhook is here: its events stream, or dead letters that have outlived it. */
export async function isKnown({ manager }: DeadLetterStream, namespace: string, name: string): Promise<boolean> {
  const webhook = webhookToken(namespace, name);
  try {
    await manager.streams.info(STREAMS.events(webhook));
    return true;
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
  }
  const filter = SUBJECTS.deadLetter(webhook, '*', '>');
  const { state } = await manager.streams.info(STREAMS.deadLetters, { subjects_filter: filter });
  return Object.keys(state.subjects ?? {}).length > 0;
}

/** `namespace/name` of those that have an events stream, in no order, twenty at most. */
export async function knownWebhooks({ manager }: DeadLetterStream): Promise<string[]> {
  const found: string[] = [];
  for await (const { config } of manager.streams.list(SUBJECTS.allNotifications('*'))) {
    const webhook = config.metadata?.[METADATA.webhook];
    if (webhook !== undefined) found.push(webhook);
    if (found.length === MAX_NAMED) break;
  }
  return found;
}

import type { DEAD_LETTER_HEADERS, HEADERS } from '#shared/contract.ts';

/** Of a stored notification. */
export const STORED: Readonly<Record<keyof typeof HEADERS, string>> = {
  version: 'Version of the format. A worker that does not know it makes a dead letter of the message, unread.',
  topic: 'Topic.',
  id: "Intercom's id; `sha256-` and the digest of the body where it has none.",
  appId: 'Id of the workspace, `app_id`.',
  key: 'What it is about, and in order with: `<kind>/<id>`.',
  createdAt: '`created_at`, in seconds since 1970; not there where Intercom gave none.',
  receivedAt: 'When the ingress took it, in milliseconds since 1970.',
  deliveryAttempts: '`delivery_attempts`: 2 on the one retry of Intercom.',
  contacts: 'Ids of contacts that it mentions, separated by spaces; by them a person is found.',
  conversations: 'Ids of conversations that it mentions, likewise.',
  redrive: 'Which dead letter it was: `<its sequence>-<when it was stored, in ms>`. Only once it is redriven.',
};

/** What a dead letter has beside them. */
export const DEAD: Readonly<Record<keyof typeof DEAD_LETTER_HEADERS, string>> = {
  reason: 'Why it was given up, as one word; [dead-letters.md](../dead-letters.md) has them all.',
  detail: 'The same as a sentence, 256 characters at most.',
  handler: 'Whose it is; not there where the ingress could not read the notification.',
  attempts: 'Completed calls.',
  firstAt: 'When the first call began, in milliseconds since 1970.',
  lastAt: 'When the last one ended, likewise.',
  answer: "Beginning of the handler's last refusal or failure, with what looks personal masked.",
};

/** Of a call to a handler; the names are those that `callHeaders` makes. */
export const CALL: Readonly<Record<string, string>> = {
  'content-type': 'Of the body, which is as Intercom sent it, byte for byte.',
  'ce-specversion': 'CloudEvents, in binary mode.',
  'ce-id': "Intercom's id of the notification.",
  'ce-type': '`com.intercom.` and the topic.',
  'ce-source': 'Region and id of the workspace; `unknown` where `spec.workspaces` does not list it.',
  'ce-subject': 'What it is about; in order are those that have the same.',
  'ce-time': "Intercom's `created_at`; where it gave none, when the ingress took it.",
  'idempotency-key': 'The same whenever this notification comes again to this handler.',
  'x-delivery-attempt': 'Counts calls of this notification to this handler, from 1.',
  'x-intercom-stale': 'Only where something newer of the same subject was handled before.',
  traceparent: 'W3C trace context: one trace for all calls of one notification.',
};

import { callHeaders } from '#services/worker/cloud-event.ts';
import { DEAD_LETTER_HEADERS, HEADERS } from '#shared/contract.ts';
import { MSG_ID, open, seal } from '#shared/envelope.ts';
import { readNotification } from '#shared/notification.ts';
import { CALL, DEAD, STORED } from './header-meanings.ts';
import { code, page, table } from './markdown.ts';

const INTRO = `The examples are one notification, as the code writes it. In headers of NATS everything outside visible ASCII,
and the backslash, is written \`\\uXXXX\`, one per UTF-16 unit; in those of a call it is percent-encoded, as are \`"\` and \`%\`.`;

const OF_NATS = `Beside them stand headers that NATS acts upon: \`${MSG_ID}\`, by which JetStream recognises duplicates
(workspace and id of the notification; of a dead letter its place in the events stream), and on dead letters and effects
\`Nats-TTL\`, when they expire. An effect has the headers of the notification that its handler answered, and in the lists of
ids also whom it names itself.`;

const OF_CALL = `To a service that asks for it (\`http.authSecretKeyRef\`) an \`authorization: Bearer …\` is sent as well.
[handlers.md](../handlers.md) says what an answer leads to.`;

const BODY = Buffer.from(
  JSON.stringify({
    type: 'notification_event',
    app_id: 'abc12345',
    topic: 'conversation.user.replied',
    id: 'notif_0c2f',
    created_at: 1_767_225_600,
    delivery_attempts: 1,
    data: {
      item: { type: 'conversation', id: '2001', contacts: { contacts: [{ type: 'contact', id: '6657add46abd0167' }] } },
    },
  }),
);
const RECEIVED_AT_MS = 1_767_225_600_420;

/** docs/reference/headers.md: those of stored messages, dead letters and calls. @throws Error where one has no meaning, or none has it */
export const headersPage = (): string =>
  page({
    title: 'Headers',
    source: 'services/shared/contract.ts and services/worker/cloud-event.ts',
    parts: [INTRO, ...storedText(), ...deadLetterText(), ...callText()],
  });

function sealed() {
  const reading = readNotification(BODY);
  if (reading.kind !== 'notification') throw new Error(`the example is no notification: ${reading.kind}`);
  return seal('default-support-d3b1c2a4f5', reading.notification, RECEIVED_AT_MS).headers;
}

function storedText(): string[] {
  const headers = sealed();
  const rows = Object.entries(HEADERS).map(([field, name]) => [
    code(name),
    headers.has(name) ? code(headers.get(name)) : '',
    STORED[field as keyof typeof HEADERS],
  ]);
  return ['## A stored notification', table(['header', 'example', 'what it says'], rows), OF_NATS];
}

function deadLetterText(): string[] {
  const rows = Object.entries(DEAD_LETTER_HEADERS).map(([field, name]) => [
    code(name),
    DEAD[field as keyof typeof DEAD_LETTER_HEADERS],
  ]);
  const intro =
    'It has the headers of its notification, and these. One that the ingress could not read has version, time of receipt, reason and detail.';
  return ['## A dead letter', intro, table(['header', 'what it says'], rows)];
}

function callText(): string[] {
  const opened = open(sealed());
  if (opened.kind !== 'stored') throw new Error(`the example cannot be read back: ${opened.reason}`);
  const headers = callHeaders(opened.stored, {
    handler: 'support',
    regions: { abc12345: 'EU' },
    deliveryAttempt: 1,
    isStale: true,
    spanId: '00f067aa0ba902b7',
  });
  const unmade = Object.keys(CALL).filter((name) => headers[name] === undefined);
  if (unmade.length > 0) throw new Error(`no call has ${unmade.join(', ')}: remove it from header-meanings.ts`);
  const rows = Object.entries(headers).map(([name, value]) => [code(name), code(value), meaningOf(name)]);
  return ['## A call to a handler', table(['header', 'example', 'what it says'], rows), OF_CALL];
}

function meaningOf(name: string): string {
  const meaning = CALL[name];
  if (meaning === undefined) throw new Error(`the header ${name} of a call has no meaning in header-meanings.ts`);
  return meaning;
}

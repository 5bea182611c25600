import { jetstream } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finding, findPerson } from '#operator/erasure/find.ts';
import type { Person } from '#operator/erasure/person.ts';
import { HEADERS, STREAMS, SUBJECTS } from '#shared/contract.ts';
import { seal } from '#shared/envelope.ts';
import { encodeList } from '#shared/header.ts';
import { readNotification } from '#shared/notification.ts';
import { type Broker, startBroker, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';

trackLeaks();

const OTHER = 'crm-other-0000000000';
const TOPIC = 'conversation.user.replied';
/** One is a part of the other, and there is what separates and escapes, and what is not ASCII. */
const CONTACTS = ['5f1e', '5f1e2', 'a,b', 'a%2Cb', 'größe', '名前 😀', 'merged-into', 'merged-away'];
const WORKSPACES = ['abc12345', 'def67890'];

interface Told {
  readonly place: string;
  readonly workspace: string;
  readonly contacts: readonly string[];
  readonly conversation: string;
}

let broker: Broker;
const told: Told[] = [];

/** A conversation with one to three people in it. */
function tellOf(i: number): Omit<Told, 'place'> & { readonly headers: MsgHdrs } {
  const contacts = Array.from({ length: 1 + (i % 3) }, (_, k) => CONTACTS[(i * 5 + k * 3) % CONTACTS.length] ?? '');
  const workspace = WORKSPACES[i % 2] ?? '';
  const conversation = `cv ${i % 40},1`;
  const members = contacts.map((id) => ({ type: 'contact', id }));
  const item = { type: 'conversation', id: conversation, contacts: { contacts: members } };
  const reading = readNotification(
    Buffer.from(JSON.stringify({ app_id: workspace, id: `n${i}`, topic: TOPIC, created_at: 1, data: { item } })),
  );
  if (reading.kind !== 'notification') throw new Error(`read as ${reading.kind}`);
  return { workspace, contacts, conversation, headers: seal(TOKEN, reading.notification, 1).headers };
}

beforeAll(async () => {
  broker = await startBroker();
  const { manager, connection } = broker;
  await manager.streams.add({ name: STREAMS.events(OTHER), subjects: [SUBJECTS.allNotifications(OTHER)] });
  const js = jetstream(connection);
  for (let i = 0; i < 1_400; i += 1) {
    const { headers, ...person } = tellOf(i);
    headers.delete('Nats-Msg-Id');
    const webhook = i % 5 === 0 ? OTHER : TOKEN;
    const subject =
      [
        SUBJECTS.notification(webhook, '00', TOPIC),
        SUBJECTS.notification(webhook, '00', TOPIC),
        SUBJECTS.deadLetter(webhook, 'support', TOPIC),
        SUBJECTS.effect(webhook, 'support', `digest${i}`, 0),
      ][i % 4] ?? '';
    const contacts = [...person.contacts];
    if (i % 4 === 3) {
      // As an effect that names somebody by itself.
      contacts.push('merged-away');
      headers.set(HEADERS.contacts, encodeList(contacts));
    }
    const { stream, seq } = await js.publish(subject, 'body', { headers });
    told.push({ ...person, contacts, place: `${stream} ${seq} ${subject}` });
  }
  // What the ingress could not read names nobody.
  await js.publish(SUBJECTS.deadLetter(TOKEN, '_ingress', 'unreadable'), 'not json');
}, 60_000);
afterAll(() => broker.close());

const person = (contacts: string[], conversations: string[] = [], workspace: string | null = null): Person => ({
  workspace,
  contacts: new Set(contacts),
  conversations: new Set(conversations),
});

const find = (who: Person, webhooks = [TOKEN, OTHER]): Promise<Finding[]> =>
  collect(findPerson(broker.manager, { person: who, webhooks, signal: AbortSignal.timeout(30_000) }));

async function collect(findings: AsyncIterable<Finding>): Promise<Finding[]> {
  const all: Finding[] = [];
  for await (const finding of findings) all.push(finding);
  return all;
}

const placesIn = (findings: readonly Finding[]): string[] =>
  findings.flatMap((finding) =>
    finding.kind === 'found' ? [`${finding.stream} ${finding.seq} ${finding.subject}`] : [],
  );

const expected = ({ workspace, contacts, conversations }: Person, webhooks = [TOKEN, OTHER]): string[] =>
  told
    .filter((each) => workspace === null || each.workspace === workspace)
    .filter((each) => each.contacts.some((id) => contacts.has(id)) || conversations.has(each.conversation))
    .map(({ place }) => place)
    .filter((place) => webhooks.some((webhook) => place.includes(`icw.${webhook}.`)));

describe('finding a person', () => {
  it.each([
    ...CONTACTS.map((id): [string, Person] => [`contact ${id}`, person([id])]),
    ['contacts that were merged', person(['merged-into', 'merged-away'])],
    ['a conversation', person([], ['cv 7,1'])],
    ['a conversation in one workspace of two', person([], ['cv 6,1', 'cv 7,1'], 'abc12345')],
    ['a contact with their conversations', person(['5f1e'], ['cv 1,1', 'cv 2,1'])],
    ['a part of an id', person(['5f1'], ['cv'])],
    ['nobody', person([])],
  ])('finds all that is stored, and nothing else: %s', async (_, who) => {
    const found = placesIn(await find(who));
    expect(found.toSorted()).toEqual(expected(who).toSorted());
    expect(new Set(found).size).toBe(found.length);
  });

  it('looks at the webhooks that are meant, in what they share as well', async () => {
    const who = person(CONTACTS);
    const found = placesIn(await find(who, [OTHER]));
    expect(found.toSorted()).toEqual(expected(who, [OTHER]).toSorted());
    expect(found.length).toBeGreaterThan(100);
  });

  it('says how far it is, and has looked at everything in the end', async () => {
    const progress = (await find(person([]))).filter((finding) => finding.kind === 'progress');
    expect(progress.every(({ seq, throughSeq }) => seq <= throughSeq)).toBe(true);
    const last = new Map(progress.map(({ stream, looked }) => [stream, looked]));
    expect([...last.values()].reduce((sum, looked) => sum + looked, 0)).toBe(told.length + 1);
    expect(progress.length).toBeGreaterThan(last.size);
  });

  it('ends when it is asked to, and leaves no reader behind', async () => {
    const aborted = AbortSignal.abort();
    const finding = findPerson(broker.manager, { person: person([]), webhooks: [TOKEN], signal: aborted });
    await expect(finding.next()).rejects.toThrow('reading was stopped');
    const names: string[] = [];
    for await (const { config } of broker.manager.consumers.list(STREAMS.events(TOKEN)))
      if (config.durable_name === undefined) names.push(config.name ?? '');
    expect(names).toEqual([]);
  });
});

import { nanos } from '@nats-io/transport-node';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TOPIC } from '#operator/api/spec-handler.ts';
import { desiredStreams } from '#operator/streams/desired.ts';
import { serverIsSupported } from '#operator/streams/server-version.ts';
import { webhookToken } from '#shared/contract.ts';
import { encodeTopic } from '#shared/topic.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { webhook } from '#test/support/webhook.ts';

const token = webhookToken('crm', 'support');
const desired = (spec: Parameters<typeof webhook>[0] = {}, facts = streamFacts()) => {
  const { streams, consumers } = desiredStreams(webhook(spec), facts);
  return { stream: (name: string) => streams.find((stream) => stream.name.includes(name)), streams, consumers };
};

describe('the streams of a webhook', () => {
  test('are its notifications, the shared dead letters and effects, and its claims', () => {
    expect(desired().streams).toMatchObject([
      { name: `icw_events_${token}`, subjects: [`icw.${token}.n.>`, `icw.${token}.r.>`] },
      { name: 'icw_dead_letters', subjects: ['icw.*.dlq.>'] },
      { name: 'icw_effects', subjects: ['icw.*.fx.>'] },
      { name: `KV_icw_claims_${token}`, subjects: [`$KV.icw_claims_${token}.>`] },
    ]);
  });

  test('never evict for space, and are kept on disk with as many copies as asked for', () => {
    for (const stream of desired({}, streamFacts({ replicas: 3 })).streams) {
      expect(stream).toMatchObject({ discard: 'new', storage: 'file', retention: 'limits', num_replicas: 3 });
    }
  });

  test('keep notifications and claims as long as the resource says', () => {
    const { stream } = desired({ retention: { events: '100h', claims: '400h', maxBytes: '2Gi' } });
    expect(stream('events')).toMatchObject({ max_age: nanos(100 * 3_600_000), max_bytes: 2 * 2 ** 30 });
    expect(stream('claims')).toMatchObject({ max_age: nanos(400 * 3_600_000), max_msgs_per_subject: 1 });
  });

  test.each([
    ['168h', 300_000],
    ['2m', 120_000],
  ])('kept for %s look for duplicates over %d ms', (events, windowMs) => {
    const handlers = [{ name: 'a', builtin: {}, retry: { maxAge: '1m', maxBackoff: '1m' } }];
    const { stream } = desired({ handlers, retention: { events } });
    expect(stream('events')?.duplicate_window).toBe(nanos(windowMs));
  });

  test('that are shared expire by message and bound each subject', () => {
    const bounded = { allow_msg_ttl: true, discard_new_per_subject: true, max_bytes: streamFacts().sharedMaxBytes };
    expect(desired().stream('dead_letters')).toMatchObject({ ...bounded, max_msgs_per_subject: 100_000 });
    expect(desired().stream('effects')).toMatchObject({ ...bounded, max_msgs_per_subject: 1 });
  });

  test('say whose they are: the cluster, and the resource where it is not shared', () => {
    const metadataOf = (name: string) => Object.keys(desired().stream(name)?.metadata ?? {}).sort();
    const [cluster, formatVersion] = ['intercom-operator.io/cluster', 'intercom-operator.io/format-version'];
    expect(metadataOf('effects')).toEqual([cluster, formatVersion]);
    expect(metadataOf('events')).toEqual([
      cluster,
      formatVersion,
      'intercom-operator.io/uid',
      'intercom-operator.io/webhook',
    ]);
  });

  test('have no bucket for claims that live in Redis', () => {
    expect(desired({}, streamFacts({ redisUrl: 'redis://redis:6379' })).stream('claims')).toBeUndefined();
  });
});

describe('the consumer of a handler', () => {
  const consumers = (handler: object) =>
    desired({ handlers: [{ name: 'support', builtin: {}, ...handler }] }).consumers.of;
  const consumer = (handler: object) => consumers({ orderBy: 'None', ...handler })[0];

  test('gets every declared topic, or those that the handler names, from every slot', () => {
    const subjects = (topics: string[]) => [
      ...topics.map((topic) => `icw.${token}.n.*.${topic}`),
      `icw.${token}.r.support.>`,
    ];
    expect(consumer({})?.filter_subjects).toEqual(
      subjects(['conversation.user.created', 'conversation.user.replied', 'contact.user.created']),
    );
    expect(consumer({ topics: ['contact.user.created'] })?.filter_subjects).toEqual(subjects(['contact.user.created']));
  });

  test('starts at what arrives from now on unless the handler asks for what is stored', () => {
    expect(consumer({})?.deliver_policy).toBe('new');
    expect(consumer({ startFrom: 'Earliest' })?.deliver_policy).toBe('all');
  });

  test('has room for what waits for retries, and its messages are never given up by the server', () => {
    const always = { ack_policy: 'explicit', max_deliver: -1 };
    expect(consumers({})[0]).toMatchObject({ durable_name: 'support_0', max_ack_pending: 10_000, ...always });
    expect(consumer({})).toMatchObject({ durable_name: 'support', max_ack_pending: 100_000, ...always });
  });

  test('that keeps order are four: every slot of every topic is in one of them, and each serves one worker', () => {
    const topics = ['contact.user.created', 'conversation.user.created'];
    const ordered = consumers({ topics });
    expect(ordered.map(({ durable_name }) => durable_name)).toEqual([
      'support_0',
      'support_1',
      'support_2',
      'support_3',
    ]);
    const filters = ordered.flatMap(({ filter_subjects }) => filter_subjects ?? []);
    expect(new Set(filters).size).toBe(filters.length);
    for (let slot = 0; slot < 64; slot += 1) {
      const digits = String(slot).padStart(2, '0');
      for (const topic of topics) expect(filters).toContain(`icw.${token}.n.${digits}.${topic}`);
      expect(filters).toContain(`icw.${token}.r.support.${digits}.>`);
    }
    expect(ordered[0]).toMatchObject({
      priority_policy: 'pinned_client',
      priority_groups: ['worker'],
      max_deliver: -1,
    });
  });

  test('can have a topic in its subject as it stands: what the schema admits needs no escaping', () => {
    fc.assert(
      fc.property(fc.stringMatching(TOPIC), (topic) => {
        fc.pre(topic.length <= 120);
        expect(encodeTopic(topic)).toBe(topic);
      }),
    );
  });
});

test.each([
  ['2.14.0', true],
  ['2.15.2', true],
  ['3.0.0', true],
  ['2.14.0-RC.1', true],
  ['2.13.9', false],
  ['1.99.0', false],
  ['unknown', false],
])('nats-server %s is supported: %s', (version, supported) => {
  expect(serverIsSupported(version)).toBe(supported);
});

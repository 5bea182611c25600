import { describe, expect, it } from 'vitest';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { gate, type Subject } from '#operator/gate.ts';
import type { KubeObject } from '#operator/kube/resource.ts';
import { partOf } from '#operator/render/meta.ts';
import { render } from '#operator/render/render.ts';
import { type SecretState, secretKeys } from '#operator/secrets.ts';
import { renderFacts } from '#test/support/render-facts.ts';
import { webhook } from '#test/support/webhook.ts';
import * as resources from '../operator-render/resources.ts';
import { resource } from './objects.ts';

const HOST = { type: 'LoadBalancer', host: 'hooks.example.com' } as const;
const HANDLERS = [
  { name: 'support', builtin: {} },
  { name: 'crm', http: { url: 'https://crm.example/in', authSecretKeyRef: { name: 'crm', key: 'token' } } },
];

/** Every Secret that is named is there, but for those given. */
const secretsOf = (of: IntercomWebhook, others: Readonly<Record<string, SecretState>> = {}) =>
  new Map<string, SecretState>([
    ...secretKeys(of).map(({ name }) => {
      const keys = secretKeys(of).filter((each) => each.name === name);
      return [name, { kind: 'found', keys: new Set(keys.map(({ key }) => key)) }] as const;
    }),
    ...Object.entries(others),
  ]);

const subject = (of: IntercomWebhook = webhook({ endpoint: HOST }), rest: Partial<Subject> = {}): Subject => ({
  webhook: of,
  object: resource({ endpoint: HOST }, { metadata: { creationTimestamp: '2026-01-02T00:00:00Z' } }),
  rivals: [],
  secrets: secretsOf(of),
  streams: { kind: 'ready' },
  ...rest,
});

const rival = (name: string, creationTimestamp: string): KubeObject =>
  resource({ endpoint: HOST }, { metadata: { name, uid: `uid of ${name}`, creationTimestamp } });

describe('a resource of which nothing is amiss', () => {
  it.each(Object.entries(resources))('has every part, and says so: %s', (_, of) => {
    const { findings, blocked } = gate(subject(of));
    expect(blocked).toEqual(new Map());
    expect(findings.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['Accepted', 'True', 'Parsed'],
      ['SecretsResolved', 'True', 'Resolved'],
      ['StreamsReady', 'True', 'Reconciled'],
    ]);
  });
});

describe('streams that are refused', () => {
  const refusal = {
    object: 'stream icw_events_x',
    field: 'metadata',
    reason: 'it belongs to cluster b',
    remedy: 'wait',
  };

  it('block every part where they are of another cluster: its processes work with them', () => {
    const of = webhook({ endpoint: HOST, handlers: HANDLERS });
    const streams = { kind: 'refused', refusals: [{ ...refusal, isOfAnotherCluster: true }] } as const;
    const { findings, blocked } = gate(subject(of, { streams }));
    expect(blocked).toEqual(
      new Map(
        ['receiver', 'handler support', 'handler crm'].map((part) => [
          part,
          'stream icw_events_x: it belongs to cluster b',
        ]),
      ),
    );
    expect(findings).toContainEqual(
      expect.objectContaining({ type: 'StreamsReady', status: 'False', reason: 'Refused' }),
    );
  });

  it('block nothing where they are only older than the resource, or NATS is away', () => {
    const streams = { kind: 'refused', refusals: [refusal] } as const;
    expect(gate(subject(webhook(), { streams })).blocked).toEqual(new Map());
    expect(gate(subject(webhook(), { streams: { kind: 'away', message: 'x' } })).blocked).toEqual(new Map());
  });
});

describe('an endpoint that an older resource has', () => {
  it('blocks every part that is rendered, and names the field and the resource that has it', () => {
    const of = webhook({ endpoint: HOST, handlers: HANDLERS });
    const { findings, blocked } = gate(subject(of, { rivals: [rival('older', '2026-01-01T00:00:00Z')] }));
    expect(findings[0]).toEqual({
      type: 'Accepted',
      status: 'False',
      reason: 'EndpointConflict',
      message:
        'spec.endpoint: crm/older, which is older, has host hooks.example.com and path /intercom already: ' +
        'give this resource another host or another path',
    });
    const rendered = render(of, renderFacts()).map(({ metadata }) => partOf(metadata?.labels));
    expect(new Set(blocked.keys())).toEqual(new Set(rendered));
    expect(blocked.get('receiver')).toBe('crm/older has its host and path');
  });

  it('is the concern of the younger one alone', () => {
    const { findings, blocked } = gate(subject(undefined, { rivals: [rival('younger', '2026-01-03T00:00:00Z')] }));
    expect(findings[0]).toMatchObject({ reason: 'Parsed' });
    expect(blocked.size).toBe(0);
  });

  it('names the oldest of several', () => {
    const rivals = [rival('second', '2026-01-01T00:00:01Z'), rival('first', '2026-01-01T00:00:00Z')];
    for (const all of [rivals, rivals.toReversed()]) {
      expect(gate(subject(undefined, { rivals: all })).findings[0]?.message).toContain('crm/first, which is older');
    }
  });

  it('belongs to just one of two that were made within the same second', () => {
    const [a, b] = [rival('a', '2026-01-01T00:00:00Z'), rival('b', '2026-01-01T00:00:00Z')];
    const isBlocked = (object: KubeObject, other: KubeObject) =>
      gate(subject(undefined, { object, rivals: [other] })).blocked.size > 0;
    expect(isBlocked(a, b)).toBe(!isBlocked(b, a));
  });
});

describe('a Secret', () => {
  const of = webhook({
    workspaces: [{ id: 'abc12345', accessToken: { secretKeyRef: { name: 'rest', key: 'access' } } }],
    handlers: HANDLERS,
  });

  it('that is missing blocks who needs it, and names field and object', () => {
    const { findings, blocked } = gate(subject(of, { secrets: secretsOf(of, { crm: { kind: 'missing' } }) }));
    expect(findings[1]).toEqual({
      type: 'SecretsResolved',
      status: 'False',
      reason: 'Missing',
      message: 'spec.handlers[1].http.authSecretKeyRef: Secret crm/crm does not exist: create it with the key token',
    });
    expect([...blocked]).toEqual([['handler crm', 'Secret crm/crm does not exist: create it with the key token']]);
  });

  it('without the key is as good as missing', () => {
    const keys = new Set(['other']);
    const { findings, blocked } = gate(
      subject(of, { secrets: secretsOf(of, { 'intercom-support': { kind: 'found', keys } }) }),
    );
    expect(findings[1]?.message).toBe(
      'spec.signing.secretKeyRefs[0]: Secret crm/intercom-support has no key client-secret, or an empty one: add it',
    );
    expect([...blocked.keys()]).toEqual(['receiver']);
  });

  it('that cannot be read says why, which is not that it is missing', () => {
    const secrets = secretsOf(of, { crm: { kind: 'unreadable', message: 'forbidden' }, rest: { kind: 'missing' } });
    const { findings, blocked } = gate(subject(of, { secrets }));
    expect(findings[1]).toMatchObject({ status: 'False', reason: 'NotReadable' });
    expect(findings[1]?.message).toContain('Secret crm/crm could not be read: forbidden');
    expect(blocked.get('handler crm')).toBe('Secret crm/crm could not be read: forbidden');
  });

  it('that nobody who is made needs blocks nobody, and is told of', () => {
    const { findings, blocked } = gate(subject(of, { secrets: secretsOf(of, { rest: { kind: 'missing' } }) }));
    expect(findings[1]?.message).toBe(
      'spec.workspaces[0].accessToken.secretKeyRef: Secret crm/rest does not exist: create it with the key access',
    );
    expect(blocked.size).toBe(0);
  });

  it('that was not looked at counts as missing; every one that lacks is in the message', () => {
    const { findings, blocked } = gate(subject(of, { secrets: new Map() }));
    expect(findings[1]?.message.split('; ')).toHaveLength(3);
    expect([...blocked.keys()].toSorted()).toEqual(['handler crm', 'receiver']);
  });
});

describe('several checks', () => {
  it('all say what they found, in their order, and the first of them says why a part is blocked', () => {
    const of = webhook({ endpoint: HOST });
    const rivals = [rival('older', '2026-01-01T00:00:00Z')];
    const { findings, blocked } = gate(subject(of, { rivals, secrets: new Map() }));
    expect(findings.map(({ reason }) => reason)).toEqual(['EndpointConflict', 'Missing', 'Reconciled']);
    expect(blocked.get('receiver')).toBe('crm/older has its host and path');
  });
});

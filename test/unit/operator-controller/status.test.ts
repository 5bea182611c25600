import { describe, expect, it } from 'vitest';
import type { ConditionFinding, ConditionName } from '#operator/api/condition-types.ts';
import { parseWebhook } from '#operator/api/parse-webhook.ts';
import type { Status } from '#operator/api/status.ts';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { computeStatus, invalidStatus, pausedStatus } from '#operator/status.ts';
import { webhook } from '#test/support/webhook.ts';
import * as resources from '../operator-render/resources.ts';
import { resource } from './objects.ts';
import { ALL_PODS, at, compute, conditionIn, failure, faultsOf, results } from './results.ts';

describe('a status', () => {
  it('says that all is well, of which generation, with what waits for whom', () => {
    const endpoint = { type: 'LoadBalancer', host: 'hooks.example.com' } as const;
    const handlers = [
      { name: 'support', builtin: {} },
      { name: 'other', builtin: {} },
    ];
    const status = compute({
      webhook: webhook({ endpoint, handlers }),
      object: resource({}, { metadata: { generation: 7 } }),
      pods: { ...ALL_PODS, 'Deployment icw-support-other-worker': [3, 2] },
      load: new Map([
        ['support', { lag: 5, deadLetters: 1 }],
        ['other', { lag: 7, deadLetters: 0 }],
      ]),
    });
    expect(status).toMatchObject({
      observedGeneration: 7,
      endpoint: { url: 'https://hooks.example.com/intercom' },
      handlers: [
        { name: 'support', replicas: 1, lag: 5, deadLetters: 1 },
        { name: 'other', replicas: 2, lag: 7, deadLetters: 0 },
      ],
      totals: { lag: 12, deadLetters: 1 },
    });
    expect(conditionIn(status, 'Ready')).toMatchObject({ status: 'True', reason: 'AllWell', observedGeneration: 7 });
  });

  it('says nothing of what nobody has looked at yet', () => {
    expect(compute()).not.toHaveProperty('totals');
    expect(compute()).not.toHaveProperty('budget');
    expect(compute()).not.toHaveProperty('endpoint');
    expect(compute().handlers).toEqual([{ name: 'support', replicas: 1 }]);
  });

  it('is the same for equal results, at any later time and on top of itself', () => {
    const first = compute();
    expect(computeStatus(results({ object: resource({}, { status: first }) }), at(99))).toEqual(first);
    const reversed = { ...first, conditions: [...(first.conditions ?? [])].toReversed() };
    // The API server may keep another order, which is no difference either.
    const again = computeStatus(results({ object: resource({}, { status: reversed }) }), at(99));
    expect(again).toEqual(reversed);
  });

  it('drops conditions that are not found any more', () => {
    const gone = { ...compute().conditions?.[0], type: 'OfAnOlderRelease' };
    const status = { conditions: [gone] };
    const types = compute({ object: resource({}, { status }) }).conditions?.map(({ type }) => type);
    expect(types).not.toContain('OfAnOlderRelease');
  });
});

describe('what could not be applied', () => {
  it('is a name conflict where somebody else has a name, whatever else there is', () => {
    const unapplied = [failure('failed', 'refused'), failure('taken', 'ConfigMap x is there already')];
    const status = compute({ unapplied });
    expect(conditionIn(status, 'Accepted')).toMatchObject({
      status: 'False',
      reason: 'NameConflict',
      message: 'ConfigMap x is there already',
    });
    expect(conditionIn(status, 'Ready')).toMatchObject({
      status: 'False',
      message: 'Accepted: ConfigMap x is there already',
    });
  });

  it('is refused otherwise, in the words of the API server', () => {
    const unapplied = [failure('failed', 'one'), failure('failed', 'two')];
    expect(conditionIn(compute({ unapplied }), 'Accepted')).toMatchObject({ reason: 'Refused', message: 'one; two' });
  });
});

describe('a resource that cannot be worked with', () => {
  const before = compute({ load: new Map([['support', { lag: 5, deadLetters: 1 }]]) });

  it('that is invalid keeps what was known of it, and is not ready', () => {
    const object = resource({}, { status: before, metadata: { generation: 2 } });
    const status = invalidStatus(object, [{ path: 'spec.topics', message: 'must not be empty' }], at(1));
    expect(status).toMatchObject({ observedGeneration: 2, totals: { lag: 5 }, handlers: before.handlers });
    expect(status.conditions).toMatchObject([
      { type: 'Accepted', status: 'False', reason: 'Invalid', message: 'spec.topics: must not be empty' },
      { type: 'Ready', status: 'False', reason: 'NotReady' },
    ]);
    expect(faultsOf(status)).toEqual([]);
  });

  it('that is wrong in more places than anybody reads names ten, and says how many more', () => {
    const problems = Array.from({ length: 13 }, (_, i) => ({ path: `p${i}`, message: 'x'.repeat(10_000) }));
    const status = invalidStatus(resource(), problems.slice(0, 13), at(0));
    expect(faultsOf(status)).toEqual([]);
    const short = problems.map(({ path }) => ({ path, message: 'wrong' }));
    expect(conditionIn(invalidStatus(resource(), short, at(0)), 'Accepted')?.message).toMatch(
      /^p0: wrong; .*p9: wrong; and 3 more$/,
    );
  });

  it('that is paused says so, and all else stays as it was, and as old', () => {
    const object = resource({}, { status: before, metadata: { generation: 2 } });
    const status = pausedStatus(object, at(1));
    const others = (of: Status) => of.conditions?.filter(({ type }) => type !== 'NotPaused');
    expect({ ...status, conditions: others(status) }).toEqual({ ...before, conditions: others(before) });
    expect(conditionIn(status, 'NotPaused')).toMatchObject({
      status: 'False',
      reason: 'Paused',
      observedGeneration: 2,
    });
    expect(pausedStatus(resource({}, { status, metadata: { generation: 2 } }), at(9))).toEqual(status);
    expect(faultsOf(pausedStatus(resource(), at(0)))).toEqual([]);
  });
});

describe('the largest resources there can be', () => {
  const name = (length: number) => 'n'.repeat(length);
  const handlers = Array.from({ length: 16 }, (_, i) => ({
    name: `${name(28)}${String.fromCharCode(97 + i)}${i % 10}`,
    http: { url: 'https://crm.example/in', authSecretKeyRef: { name: `${name(250)}${i}`, key: name(253) } },
  }));
  const largest: IntercomWebhook = {
    ...webhook({
      endpoint: { type: 'LoadBalancer', host: `${`${name(60)}.`.repeat(4)}io`, path: `/${name(1023)}` },
      handlers,
    }),
    metadata: { ...webhook().metadata, name: name(253), namespace: name(63) },
  };

  it('have a status that the API server takes, however much is amiss', () => {
    expect(parseWebhook(largest).kind).toBe('ok');
    const long = (type: ConditionName, reason: string) =>
      ({ type, status: 'False', reason, message: 'x'.repeat(100_000) }) as ConditionFinding;
    const status = compute({
      webhook: largest,
      findings: [
        long('Accepted', 'EndpointConflict'),
        long('SecretsResolved', 'Missing'),
        long('StreamsReady', 'Refused'),
      ],
      pods: {},
      load: new Map(handlers.map((each) => [each.name, { lag: 1e14, deadLetters: 0 }])),
      unapplied: Array.from({ length: 80 }, () => failure('failed', 'y'.repeat(1000))),
    });
    expect(faultsOf(status)).toEqual([]);
    expect(status.handlers).toHaveLength(16);
  });

  it.each(Object.entries(resources))('and those of the goldens, too: %s', (_, of) => {
    expect(faultsOf(compute({ webhook: of }))).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { Condition, Status } from '#operator/api/status.ts';
import type { Happening } from '#operator/events/event.ts';
import { INTERCOM_WEBHOOKS } from '#operator/intercom-webhooks.ts';
import { KubeError, type KubeFailure } from '#operator/kube/kube-error.ts';
import type { Desired } from '#operator/kube/resource.ts';
import { report } from '#operator/report.ts';
import { resource, UID } from './objects.ts';

const condition = (type: string, status: Condition['status'] = 'True', reason = 'AsItIs'): Condition => ({
  type,
  status,
  reason,
  message: `${type} is ${status}`,
  observedGeneration: 1,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

const OPERATOR = 'intercom/intercom-operator';

/** What is written and told where the status was `before`, by us where it does not say by whom. */
async function reported(
  before: Status | undefined,
  after: Status,
  failure?: KubeFailure,
  { reason = 'planned', times = Number.POSITIVE_INFINITY } = {},
) {
  const written: Desired[] = [];
  const told: Happening[] = [];
  const object = resource({}, before === undefined ? {} : { status: { operator: OPERATOR, ...before } });
  const kube = {
    applyStatus: async (kind: typeof INTERCOM_WEBHOOKS, desired: Desired, { force }: { force?: boolean }) => {
      expect(kind).toBe(INTERCOM_WEBHOOKS);
      expect(force).toBe(true);
      written.push(desired);
      if (failure !== undefined && written.length <= times)
        throw new KubeError(failure, { verb: 'apply', resource: kind }, reason);
      return object;
    },
  };
  const events = { record: (_: unknown, happening: Happening) => told.push(happening) };
  await report(object, after, { kube, events, facts: { operator: OPERATOR } }, new AbortController().signal);
  return { written, told };
}

const reasonsOf = ({ told }: { told: readonly Happening[] }) => told.map(({ type, note }) => `${type} ${note}`);

describe('a report', () => {
  it('writes nothing and tells nothing where the status is as it was, whatever the order of its fields', async () => {
    const status = { observedGeneration: 1, conditions: [condition('Ready')] };
    const { conditions, observedGeneration } = structuredClone(status);
    expect(await reported(status, { conditions, observedGeneration })).toEqual({ written: [], told: [] });
  });

  it('writes the status of this very resource, and nothing else of it', async () => {
    const status = { observedGeneration: 1, conditions: [condition('Ready')] };
    const { written } = await reported(undefined, status);
    expect(written).toEqual([
      {
        apiVersion: 'intercom-operator.io/v1alpha1',
        metadata: { name: 'support', namespace: 'crm', uid: UID, resourceVersion: '1' },
        status: { ...status, operator: OPERATOR },
      },
    ]);
  });

  it('says who looks after the resource, in the place of whoever did, and has no news in that', async () => {
    const status = { observedGeneration: 1, conditions: [condition('Ready')] };
    for (const operator of ['elsewhere/intercom-operator', '']) {
      const { written, told } = await reported({ ...status, operator }, { ...status, operator });
      expect(written).toMatchObject([{ status: { ...status, operator: OPERATOR } }]);
      expect(told).toEqual([]);
    }
  });

  it('leaves out what a CRD of an older release does not have, and what else fails fails', async () => {
    const status = { observedGeneration: 1, conditions: [condition('Ready')], totals: { lag: 1, deadLetters: 0 } };
    const reason =
      'failed to create typed patch object (crm/support; intercom-operator.io/v1alpha1, Kind=IntercomWebhook): ' +
      'errors:\n  .status.operator: field not declared in schema\n  .status.totals.lag: field not declared in schema';
    const { totals: _, ...known } = status;
    const { written } = await reported(undefined, status, 'unavailable', { reason, times: 1 });
    expect(written).toMatchObject([{ status: { ...status, operator: OPERATOR } }, { status: known }]);
    expect(Object.keys((written[1] as { status?: object } | undefined)?.status ?? {})).toEqual(Object.keys(known));
    await expect(reported(undefined, status, 'unavailable', { times: 1 })).rejects.toThrow('planned');
  });

  it('writes what is no condition too, and has no news in that', async () => {
    const before = { conditions: [condition('Ready')], totals: { lag: 1, deadLetters: 0 } };
    const { written, told } = await reported(before, { ...before, totals: { lag: 2, deadLetters: 0 } });
    expect(written).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it('tells at first sight of what is amiss and of being ready, and not of all that is well', async () => {
    const conditions = [condition('Accepted'), condition('SecretsResolved', 'False'), condition('Other', 'Unknown')];
    expect(reasonsOf(await reported(undefined, { conditions }))).toEqual([
      'Warning SecretsResolved: SecretsResolved is False',
    ]);
    expect(reasonsOf(await reported(undefined, { conditions: [condition('Accepted'), condition('Ready')] }))).toEqual([
      'Normal Ready: Ready is True',
    ]);
  });

  it.each<[what: string, before: Condition, after: Condition, news: string[]]>([
    ['a turn for the worse', condition('A'), condition('A', 'False'), ['Warning A: A is False']],
    ['a turn for the better', condition('A', 'False'), condition('A'), ['Normal A: A is True']],
    ['another reason why not', condition('A', 'False', 'X'), condition('A', 'False', 'Y'), ['Warning A: A is False']],
    ['another reason why', condition('A', 'True', 'X'), condition('A', 'True', 'Y'), []],
    ['another message', condition('A', 'False'), { ...condition('A', 'False'), message: 'other' }, []],
    ['another generation', condition('A', 'False'), { ...condition('A', 'False'), observedGeneration: 2 }, []],
  ])('of %s', async (_, before, after, news) => {
    const result = await reported({ conditions: [before] }, { conditions: [after] });
    expect(result.written).toHaveLength(1);
    expect(reasonsOf(result)).toEqual(news);
    for (const { reason, action } of result.told) expect([reason, action]).toEqual([after.reason, 'Reconcile']);
  });

  it.each<KubeFailure>(['not-found', 'conflict'])(
    'is over, and tells nothing, where the resource has gone, is another, or was changed meanwhile: %s',
    async (failure) => {
      expect((await reported(undefined, { conditions: [condition('Ready')] }, failure)).told).toEqual([]);
    },
  );

  it('fails where the status could not be written, and has told nothing', async () => {
    await expect(reported(undefined, { conditions: [condition('Ready')] }, 'unavailable')).rejects.toThrow('planned');
  });
});

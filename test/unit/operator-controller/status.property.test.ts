import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONDITION_TYPES, type ConditionFinding, type ConditionName } from '#operator/api/condition-types.ts';
import type { Status } from '#operator/api/status.ts';
import { OBSERVED_CONDITION_TYPES } from '#operator/observations/condition-types.ts';
import type { Part } from '#operator/render/meta.ts';
import { computeStatus } from '#operator/status.ts';
import { webhook } from '#test/support/webhook.ts';
import { resource } from './objects.ts';
import { at, conditionIn, failure, faultsOf, RECEIVER, results, WELL, WORKER } from './results.ts';

const needed = Object.entries(CONDITION_TYPES).flatMap(([type, { isForReady }]) => (isForReady ? [type] : []));
const documented = new Map(
  Object.entries({ ...CONDITION_TYPES, ...OBSERVED_CONDITION_TYPES }).map(([type, { reasons }]) => [
    type,
    Object.values(reasons).flatMap((each) => Object.keys(each)),
  ]),
);
const holds = fc.constantFrom('True' as const, 'False' as const, 'Unknown' as const);
const anyResults = fc
  .record({
    statuses: fc.tuple(holds, holds, holds, holds),
    receiver: fc.tuple(fc.nat(3), fc.nat(3)),
    worker: fc.tuple(fc.nat(3), fc.nat(3)),
    isSuspended: fc.boolean(),
    blocked: fc.subarray<Part>(['receiver', 'handler support']),
    unapplied: fc.subarray([failure('taken', 'a name is taken'), failure('failed', 'refused')]),
    isAnyMissing: fc.boolean(),
  })
  .map(({ statuses, receiver, worker, isSuspended, blocked, unapplied, isAnyMissing }) =>
    results({
      webhook: webhook({ suspend: isSuspended }),
      findings: WELL.map((finding, i) => ({ ...finding, status: statuses[i] }) as ConditionFinding).slice(
        isAnyMissing ? 1 : 0,
      ),
      pods: { [RECEIVER]: receiver, [WORKER]: worker },
      blocked: new Map(blocked.map((part) => [part, 'a reason'])),
      unapplied,
    }),
  );

describe('whatever was found', () => {
  it('it is ready where every condition that this needs is True, and nowhere else', () => {
    fc.assert(
      fc.property(anyResults, (of) => {
        const status = computeStatus(of, at(0));
        const isWell = needed.every((type) => conditionIn(status, type as ConditionName)?.status === 'True');
        expect(conditionIn(status, 'Ready')?.status).toBe(isWell ? 'True' : 'False');
      }),
    );
  });

  it('the time of a condition moves with its status, and with nothing else', () => {
    fc.assert(
      fc.property(fc.array(anyResults, { minLength: 2, maxLength: 6 }), (passes) => {
        let status: Status = {};
        passes.forEach((of, i) => {
          const object = resource({}, { status, metadata: { generation: i + 1 } });
          const next = computeStatus({ ...of, object }, at(i));
          for (const condition of next.conditions ?? []) {
            const before = (status.conditions ?? []).find(({ type }) => type === condition.type);
            const since = before?.status === condition.status ? before.lastTransitionTime : `2026-01-01T00:00:0${i}Z`;
            expect(condition).toMatchObject({ lastTransitionTime: since, observedGeneration: i + 1 });
          }
          status = next;
        });
      }),
      { numRuns: 50 },
    );
  });

  it('the API server takes it, and every reason is one that is documented', () => {
    fc.assert(
      fc.property(anyResults, (of) => {
        const status = computeStatus(of, at(0));
        expect(faultsOf(status)).toEqual([]);
        for (const { type, reason } of status.conditions ?? []) expect(documented.get(type)).toContain(reason);
      }),
    );
  });
});

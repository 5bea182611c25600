import { describe, expect, it } from 'vitest';
import type { IntercomWebhook } from '#operator/api/v1alpha1.ts';
import { childName } from '#operator/children.ts';
import type { Happening } from '#operator/events/event.ts';
import { FINALIZER, finalize, keepFinalizer } from '#operator/finalize.ts';
import type { Desired, KubeObject } from '#operator/kube/resource.ts';
import { STREAMS, webhookToken } from '#shared/contract.ts';
import { streamFacts } from '#test/support/stream-facts.ts';
import { webhook } from '#test/support/webhook.ts';
import { resource, UID } from './objects.ts';

const DELETED_AT = '2026-01-01T00:00:00Z';
const STREAM = STREAMS.events(webhookToken('crm', 'support'));
const DELETE = webhook({ deletionPolicy: 'Delete' });

const object = (metadata: object = {}) => resource({}, { metadata });
const going = (metadata: object = {}) =>
  object({ deletionTimestamp: DELETED_AT, finalizers: [FINALIZER], ...metadata });

const NO_CHILDREN: readonly KubeObject[] = [];

/** NATS is away, so that nothing can be deleted there. */
function scene({ waitedMs = 0, heldBySomebodyElse = false, receivers = 0, children = NO_CHILDREN } = {}) {
  const deleted: string[] = [];
  const applied: Desired[] = [];
  const told: Happening[] = [];
  const asked: string[] = [];
  const doing = {
    kube: {
      apply: async (_: unknown, desired: Desired): Promise<KubeObject> => {
        applied.push(desired);
        return going(heldBySomebodyElse ? {} : desired.metadata);
      },
      delete: async (_: unknown, { name }: { name: string }) => {
        deleted.push(name);
        return true;
      },
    },
    children: {
      of: () => new Map(children.map((child) => [childName(child), child])),
      wrote: () => {},
      heard: () => {},
    },
    receivers: () => receivers,
    brokers: {
      of: async (namespace: string) => {
        asked.push(namespace);
        return { kind: 'away' as const, message: 'NATS is not reached' };
      },
      revoke: () => expect.unreachable('where all are one user nobody is revoked'),
    },
    facts: { access: { kind: 'shared' as const, creds: null }, streams: streamFacts() },
    events: { record: (_: unknown, happening: Happening) => told.push(happening) },
    date: () => new Date(Date.parse(DELETED_AT) + waitedMs),
    signal: new AbortController().signal,
  };
  const end = (of: KubeObject, parsed: IntercomWebhook | null = DELETE) => finalize(of, parsed, doing);
  return { applied, told, asked, deleted, doing, end };
}

const finalizersIn = (applied: readonly Desired[]) =>
  applied.map(({ metadata }) => (metadata as { finalizers?: readonly string[] }).finalizers);

describe('a resource that is there', () => {
  it.each([
    ['gets the finalizer where its streams are to go with it', DELETE, object(), [[FINALIZER]]],
    ['has it already', DELETE, object({ finalizers: [FINALIZER] }), []],
    ['loses it where they are to stay from now on', webhook(), object({ finalizers: ['x/y', FINALIZER] }), [[]]],
    ['never gets it where they are to stay', webhook(), object(), []],
    ['gets it too late', DELETE, object({ deletionTimestamp: DELETED_AT, finalizers: ['x/y'] }), []],
  ])('%s', async (_, of, found, finalizers) => {
    const { applied, doing } = scene();
    const after = await keepFinalizer(found, of, doing);
    expect(finalizersIn(applied)).toEqual(finalizers);
    for (const { metadata } of applied) expect(metadata).toMatchObject({ uid: UID });
    // What its status is written over is as it is now.
    expect(after === found).toBe(finalizers.length === 0);
  });
});

describe('a resource that is being deleted', () => {
  it('goes at once where it has no finalizer of ours: nothing is asked, written or told', async () => {
    const { applied, told, asked, end } = scene();
    expect(await end(going({ finalizers: ['x/y'] }))).toEqual({ kind: 'done' });
    expect([applied, told, asked]).toEqual([[], [], []]);
  });

  it('goes without a look at NATS where its streams stay', async () => {
    const { applied, told, asked, end } = scene();
    expect(await end(going(), webhook())).toEqual({ kind: 'done' });
    expect([finalizersIn(applied), told, asked]).toEqual([[[]], [], []]);
  });

  it('ends its workloads first, and waits for the pods of its receiver before anybody is shut out', async () => {
    const owner = { apiVersion: 'v1', kind: 'K', name: 'n', uid: UID, controller: true };
    const metadata = { ...object().metadata, ownerReferences: [owner] };
    const children = [
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { ...metadata, name: 'workload' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, name: 'settings' } },
    ];
    const { asked, deleted, applied, end } = scene({ receivers: 2, children });
    expect(await end(going())).toMatchObject({ kind: 'requeue', reason: expect.stringContaining('2 left') });
    expect([asked, deleted, applied]).toEqual([[], ['workload'], []]);
  });

  it('waits while NATS is away, and says why', async () => {
    const { applied, told, asked, end } = scene({ waitedMs: 599_999 });
    expect(await end(going())).toEqual({ kind: 'requeue', afterMs: 5_000, reason: 'NATS is not reached' });
    expect([applied, told, asked]).toEqual([[], [], ['crm']]);
  });

  it('waits for ten minutes and no longer; an Event says what stays', async () => {
    const { applied, told, end } = scene({ waitedMs: 600_000 });
    expect(await end(going())).toEqual({ kind: 'done' });
    expect(finalizersIn(applied)).toEqual([[]]);
    expect(told).toEqual([
      {
        type: 'Warning',
        reason: 'StreamsLeftBehind',
        action: 'Delete',
        note: `stream ${STREAM} and what belongs to it stay in NATS: they could not be deleted within 10 min: NATS is not reached`,
      },
    ]);
  });

  it('is not held up by a spec that is not valid any more; an Event says what stays', async () => {
    const { applied, told, asked, end } = scene();
    expect(await end(going(), null)).toEqual({ kind: 'done' });
    expect([finalizersIn(applied), asked]).toEqual([[[]], []]);
    expect(told).toMatchObject([{ reason: 'StreamsLeftBehind', note: expect.stringContaining(STREAM) }]);
  });

  it('is left to a person where somebody else has put our finalizer there too', async () => {
    const { told, end } = scene({ heldBySomebodyElse: true });
    expect(await end(going(), webhook())).toMatchObject({ kind: 'blocked', reason: 'FinalizerHeld' });
    expect(told).toMatchObject([{ reason: 'FinalizerHeld', note: expect.stringContaining(FINALIZER) }]);
  });
});

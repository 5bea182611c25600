import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutTo, type Happening } from '#operator/events/event.ts';
import { createEventRecorder, type EventResult } from '#operator/events/recorder.ts';
import type { Desired, KubeObject } from '#operator/kube/resource.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';

const webhook = (name = 'support'): KubeObject => ({
  apiVersion: 'intercom-operator.io/v1alpha1',
  kind: 'IntercomWebhook',
  metadata: { namespace: 'crm', name, uid: `uid-${name}`, resourceVersion: '7' },
  spec: { large: 'x'.repeat(1000) },
});
const invalid = (note = 'spec.topics: must not be empty'): Happening => ({
  type: 'Warning',
  reason: 'Invalid',
  action: 'Parse',
  note,
});

function scene({ fails = false } = {}) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const written: Desired[] = [];
  const results: EventResult['kind'][] = [];
  const recorder = createEventRecorder({
    kube: {
      apply: async (_resource, desired) => {
        if (fails) throw new Error('forbidden');
        written.push(desired);
        return webhook();
      },
    },
    reporter: { controller: 'intercom-operator.io/operator', instance: 'operator-0' },
    clock,
    date: () => new Date(clock.now()),
    signal: stop.signal,
    onResult: ({ kind }) => results.push(kind),
  });
  return { clock, stop, recorder, written, results };
}

describe('the recorder', () => {
  it('tells the first at once, with who, what and about whom', async () => {
    const { clock, recorder, written } = scene();
    recorder.record(webhook(), invalid());
    await clock.run(10, 10);
    expect(written).toHaveLength(1);
    expect(written[0]).toMatchObject({
      metadata: { namespace: 'crm', name: expect.stringMatching(/^support\.[0-9a-f]{16}$/) },
      ...invalid(),
      regarding: { kind: 'IntercomWebhook', namespace: 'crm', name: 'support', uid: 'uid-support' },
      reportingController: 'intercom-operator.io/operator',
      reportingInstance: 'operator-0',
      eventTime: '1970-01-01T00:00:00.000000Z',
    });
    expect(written[0]).not.toHaveProperty('series');
  });

  it('folds what repeats into the same Event, and tells the count once a minute, the last one too', async () => {
    const { clock, recorder, written } = scene();
    for (let i = 0; i < 90; i += 1) {
      recorder.record(webhook(), invalid());
      await clock.run(1000, 1000);
    }
    await clock.run(120_000, 1000);
    expect(written).toHaveLength(3);
    expect(written[1]).toMatchObject({ metadata: written[0]?.metadata ?? {}, series: { count: 60 } });
    expect(written[2]).toMatchObject({
      series: { count: 90, lastObservedTime: '1970-01-01T00:01:29.000000Z' },
      eventTime: '1970-01-01T00:00:00.000000Z',
    });
    expect(clock.timers).toBe(0);
  });

  it('begins another Event when it was quiet for long', async () => {
    const { clock, recorder, written } = scene();
    recorder.record(webhook(), invalid());
    await clock.run(400_000, 10_000);
    recorder.record(webhook(), invalid());
    await clock.run(10, 10);
    expect(written).toHaveLength(2);
    expect(written[1]?.metadata?.name).not.toBe(written[0]?.metadata?.name);
    expect(written[1]).not.toHaveProperty('series');
  });

  it('writes at most ten of one object in a minute, and counts what it drops', async () => {
    const { clock, recorder, written, results } = scene();
    for (let i = 0; i < 50; i += 1) recorder.record(webhook(), invalid(`fault ${i}`));
    recorder.record(webhook('other'), invalid());
    await clock.run(100, 10);
    expect(written).toHaveLength(11);
    expect(results.filter((result) => result === 'dropped')).toHaveLength(40);
    await clock.run(60_000, 1000);
    recorder.record(webhook(), invalid('fault 49'));
    await clock.run(10, 10);
    expect(written).toHaveLength(12);
  });

  it('remembers no more than 500 at once', async () => {
    const { clock, recorder, written } = scene();
    for (let i = 0; i < 600; i += 1) {
      recorder.record(webhook(`w${i}`), invalid());
      await clock.run(1, 1);
    }
    for (let i = 0; i < 600; i += 1) recorder.record(webhook(`w${i}`), invalid());
    expect(written.length).toBeGreaterThanOrEqual(600);
    expect(clock.timers).toBeLessThanOrEqual(500);
  });

  it('never throws when the API server refuses, and tells of it', async () => {
    const { clock, recorder, results } = scene({ fails: true });
    recorder.record(webhook(), invalid());
    await clock.run(10, 10);
    expect(results).toEqual(['failed']);
  });

  it('writes nothing after its signal, and leaves no timer', async () => {
    const { clock, stop, recorder, written } = scene();
    recorder.record(webhook(), invalid());
    recorder.record(webhook(), invalid());
    await clock.run(10, 10);
    stop.abort(new Error('lost'));
    recorder.record(webhook('late'), invalid());
    expect(clock.timers).toBe(0);
    await clock.run(120_000, 1000);
    expect(written).toHaveLength(1);
  });
});

describe('cutTo', () => {
  it('keeps what fits, and cuts the rest between two characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 3, max: 64 }), (text, maxBytes) => {
        // What stands for half a character must not have been there before.
        fc.pre(!text.includes('\ufffd'));
        const cut = cutTo(maxBytes, text);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
        if (Buffer.byteLength(text) <= maxBytes) expect(cut).toBe(text);
        else expect(text.startsWith(cut.slice(0, -1)) && cut.endsWith('…')).toBe(true);
        expect(cut).not.toContain('\uFFFD');
      }),
    );
  });
});

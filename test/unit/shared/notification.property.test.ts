import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNotification } from '#shared/notification.ts';
import { notificationObjects } from './arbitrary-bodies.ts';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** JSON that was damaged on its way: bytes replaced, inserted, left out. */
const damaged = fc
  .record({
    value: notificationObjects,
    damages: fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(3),
        put: fc.uint8Array({ maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  })
  .map(({ value, damages }) =>
    damages.reduce((bytes, { at, cut, put }) => {
      const from = Math.floor(at * bytes.length);
      return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + cut)]);
    }, json(value)),
  );

const bodies = fc.oneof(
  notificationObjects.map(json),
  damaged,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.jsonValue({ maxDepth: 4 }).map(json),
);

describe('whatever the bytes', () => {
  it('they are one of three, the same each time, and stay as they were', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const before = Buffer.from(body);
        const reading = readNotification(body);
        expect(['notification', 'ping', 'unreadable']).toContain(reading.kind);
        expect(readNotification(body)).toEqual(reading);
        expect(body.equals(before)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('what is read keeps to its bounds', () => {
    fc.assert(
      fc.property(bodies, (body) => {
        const reading = readNotification(body);
        if (reading.kind !== 'notification') return;
        const { id, appId, topic, createdAt, deliveryAttempts, key, contactIds, conversationIds } =
          reading.notification;
        const within = (length: number, least: number, most: number) => least <= length && length <= most;
        expect(within(id.length, 1, 256)).toBe(true);
        expect(within(appId.length, 0, 256)).toBe(true);
        expect(within(topic.length, 1, 2048)).toBe(true);
        expect(within(key.id.length, 1, 256)).toBe(true);
        expect(key.kind).toMatch(/^[a-z][a-z0-9_.]{0,63}$/);
        expect(createdAt === null || within(createdAt, 0, 253_402_300_799)).toBe(true);
        expect(Number.isSafeInteger(deliveryAttempts)).toBe(true);
        for (const ids of [contactIds, conversationIds]) {
          expect(ids.length).toBeLessThanOrEqual(32);
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids.every((each) => within(each.length, 1, 64))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('nothing of them gets into a prototype', () => {
    const names = ['__proto__', 'constructor', 'prototype', 'topic', 'id', 'type'];
    const leaf = fc.constantFrom<unknown>('ping', 'polluted', 1, null);
    const level = (inner: fc.Arbitrary<unknown>) => fc.dictionary(fc.constantFrom(...names), inner, { maxKeys: 3 });
    const values = level(fc.oneof(leaf, level(fc.oneof(leaf, level(leaf)))));
    fc.assert(
      fc.property(values, (value) => {
        // JSON.stringify leaves out what stands in a prototype: written by hand.
        const text = JSON.stringify({ topic: 'a', data: { item: value } }).replaceAll('"prototype"', '"__proto__"');
        readNotification(Buffer.from(text));
        expect(readNotification(Buffer.from('{}'))).toEqual({ kind: 'unreadable', reason: 'NoTopic' });
        expect(Object.keys(Object.prototype)).toEqual([]);
        expect(Reflect.get({}, 'polluted') ?? Reflect.get({}, 'topic')).toBeUndefined();
      }),
    );
  });
});

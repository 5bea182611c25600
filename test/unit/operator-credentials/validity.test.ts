import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY_MS, lifetimeMs, validityAt } from '#operator/credentials/validity.ts';

const nowMs = fc.integer({ min: Date.UTC(2020), max: Date.UTC(2100) });
const uid = fc.uuid();
const periodMs = fc.integer({ min: 1, max: 30 * 86_400 }).map((seconds) => seconds * 1_000);

describe('the validity of credentials', () => {
  test('has begun, and lasts for two to three periods', () => {
    fc.assert(
      fc.property(nowMs, uid, periodMs, (now, id, period) => {
        const { issuedAtMs, expiresAtMs, renewedAtMs } = validityAt(now, { uid: id, periodMs: period });
        expect(issuedAtMs).toBeLessThanOrEqual(now);
        expect(renewedAtMs).toBeGreaterThan(now);
        expect(renewedAtMs - issuedAtMs).toBe(period);
        expect(expiresAtMs - now).toBeGreaterThan(2 * period);
        expect(expiresAtMs - issuedAtMs).toBe(lifetimeMs(period));
        expect([issuedAtMs % 1_000, expiresAtMs % 1_000]).toEqual([0, 0]);
      }),
    );
  });

  test('is the same throughout a period, and follows on the one before', () => {
    fc.assert(
      fc.property(nowMs, uid, periodMs, (now, id, period) => {
        const at = (ms: number) => validityAt(ms, { uid: id, periodMs: period });
        const { issuedAtMs, renewedAtMs } = at(now);
        expect(at(issuedAtMs)).toEqual(at(now));
        expect(at(renewedAtMs - 1)).toEqual(at(now));
        expect(at(renewedAtMs).issuedAtMs).toBe(renewedAtMs);
      }),
    );
  });

  test('is not renewed at the same time for all resources', () => {
    const hours = Array.from({ length: 500 }, (_, i) => {
      const { renewedAtMs } = validityAt(Date.UTC(2026, 0, 1), { uid: `uid-${i}`, periodMs: DAY_MS });
      return Math.floor(renewedAtMs / 3_600_000) % 24;
    });
    const most = Math.max(...Array.from({ length: 24 }, (_, hour) => hours.filter((each) => each === hour).length));
    // 21 an hour, were it quite even.
    expect(new Set(hours).size).toBe(24);
    expect(most).toBeLessThan(50);
  });
});

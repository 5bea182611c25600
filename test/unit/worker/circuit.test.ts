import { describe, expect, it } from 'vitest';
import { Circuit, type CircuitCall } from '#services/worker/circuit.ts';
import type { Availability } from '#services/worker/delivery.ts';

const FULL = () => 1 - Number.EPSILON;
const HALF = () => 0;

/** Starts a call that has to be let through, and ends it. */
function call(circuit: Circuit, how: Availability, nowMs = 0): boolean {
  return circuit.ended(begin(circuit, nowMs), how, nowMs);
}

function begin(circuit: Circuit, nowMs = 0): CircuitCall {
  const started = circuit.start(nowMs);
  if (started === null) throw new Error(`must wait ${circuit.waitMs(nowMs)} ms`);
  return started;
}

function opened(random = FULL): Circuit {
  const circuit = new Circuit(random);
  for (let i = 0; i < 5; i += 1) call(circuit, 'unavailable');
  return circuit;
}

describe('while it is closed', () => {
  it('opens after five calls in a row that found the handler unavailable', () => {
    const circuit = new Circuit(FULL);
    for (let i = 0; i < 4; i += 1) expect(call(circuit, 'unavailable')).toBe(false);
    expect([circuit.state, circuit.waitMs(0)]).toEqual(['closed', 0]);
    call(circuit, 'unavailable');
    expect([circuit.state, circuit.waitMs(0)]).toEqual(['open', 1_000]);
    expect(circuit.start(999)).toBeNull();
  });

  it('begins to count anew at every answer of the handler', () => {
    const circuit = new Circuit(FULL);
    for (let i = 0; i < 20; i += 1) call(circuit, i % 5 === 4 ? 'available' : 'unavailable');
    expect(circuit.state).toBe('closed');
  });

  it('lets any number of calls through', () => {
    const circuit = new Circuit(FULL);
    const calls = Array.from({ length: 1_000 }, () => circuit.start(0));
    expect(calls).not.toContain(null);
  });
});

describe('a time-out', () => {
  it('counts against the message where others were answered meanwhile', () => {
    const circuit = new Circuit(FULL);
    const slow = begin(circuit);
    call(circuit, 'available');
    expect(circuit.ended(slow, 'timed-out', 60_000)).toBe(true);
  });

  it('does not where none was answered since it began', () => {
    const circuit = new Circuit(FULL);
    call(circuit, 'available');
    const slow = begin(circuit);
    call(circuit, 'unavailable');
    expect(circuit.ended(slow, 'timed-out', 60_000)).toBe(false);
  });

  it('opens the circuit where all of them time out', () => {
    const circuit = new Circuit(FULL);
    const calls = Array.from({ length: 5 }, () => begin(circuit));
    for (const each of calls) expect(circuit.ended(each, 'timed-out', 60_000)).toBe(false);
    expect(circuit.state).toBe('open');
  });

  it('that counts against the message does not open it', () => {
    const circuit = new Circuit(FULL);
    const calls = Array.from({ length: 20 }, () => begin(circuit));
    call(circuit, 'available');
    for (const each of calls) circuit.ended(each, 'timed-out', 60_000);
    expect(circuit.state).toBe('closed');
  });
});

describe('while it is open', () => {
  it('lets one call through when its time is up, and no second beside it', () => {
    const circuit = opened();
    const probe = circuit.start(1_000);
    expect(probe).not.toBeNull();
    expect([circuit.state, circuit.start(1_000), circuit.start(1_000_000)]).toEqual(['half-open', null, null]);
    expect(circuit.waitMs(1_000)).toBeGreaterThan(0);
  });

  it('waits twice as long after every probe in vain, half a minute at most', () => {
    const circuit = opened();
    const waits = [circuit.waitMs(0)];
    for (let nowMs = 0, i = 0; i < 7; i += 1) {
      nowMs += waits[i] ?? 0;
      call(circuit, 'unavailable', nowMs);
      waits.push(circuit.waitMs(nowMs));
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('waits up to half as long, as chance has it', () => {
    expect(opened(HALF).waitMs(0)).toBe(500);
  });

  it('closes at the first answer to a probe, and forgets how long it waited', () => {
    const circuit = opened();
    call(circuit, 'unavailable', 1_000);
    expect(call(circuit, 'available', 3_000)).toBe(true);
    expect([circuit.state, circuit.waitMs(3_000)]).toEqual(['closed', 0]);
    for (let i = 0; i < 5; i += 1) call(circuit, 'unavailable', 3_000);
    expect(circuit.waitMs(3_000)).toBe(1_000);
  });

  it('closes at the answer to a call from before as well', () => {
    const circuit = new Circuit(FULL);
    const early = begin(circuit);
    for (let i = 0; i < 5; i += 1) call(circuit, 'unavailable');
    expect(circuit.ended(early, 'available', 100)).toBe(true);
    expect(circuit.state).toBe('closed');
  });

  it('does not wait longer for the failures of calls from before', () => {
    const circuit = new Circuit(FULL);
    const calls = Array.from({ length: 16 }, () => begin(circuit));
    for (const each of calls.slice(0, 10)) circuit.ended(each, 'unavailable', 0);
    expect(circuit.waitMs(0)).toBe(1_000);
    begin(circuit, 1_000);
    for (const each of calls.slice(10)) circuit.ended(each, 'unavailable', 1_000);
    expect(circuit.state).toBe('half-open');
  });

  it('lets another through where the probe did not become a call', () => {
    const circuit = opened();
    const probe = begin(circuit, 1_000);
    expect(circuit.ended(probe, 'not-called', 1_000)).toBe(false);
    expect(circuit.start(1_000)).not.toBeNull();
    expect(circuit.start(1_000)).toBeNull();
  });

  it('waits no longer than it was to, though the clock is put back', () => {
    const circuit = opened();
    const yesterdayMs = -86_400_000;
    expect(circuit.start(yesterdayMs)).toBeNull();
    expect(circuit.waitMs(yesterdayMs)).toBe(1_000);
    expect(circuit.start(yesterdayMs + 1_000)).not.toBeNull();
  });
});

import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Loaded before a process of a drill (`--import`): its wall clock is off by what a file named after its pod says, in ms,
 * looked at every few ms. Timers and `performance.now()` go on, as those of the kernel do when somebody sets the clock.
 */
const folder = new URL(import.meta.url).searchParams.get('clocks') ?? '';
const pod = process.env['POD_NAME'] ?? '';
const LOOK_EVERY_MS = 20;

const RealDate = Date;
let offsetMs = 0;

class SetDate extends RealDate {
  constructor(...parts: readonly unknown[]) {
    if (parts.length === 0) super(RealDate.now() + offsetMs);
    else super(...(parts as [number]));
  }

  static override now(): number {
    return RealDate.now() + offsetMs;
  }
}

function look(): void {
  const before = offsetMs;
  offsetMs = readOffset();
  // What it believes now, for whoever wants to know whether it took effect.
  if (offsetMs !== before) writeFileSync(new URL(`${folder}/${pod}.believes`), String(Date.now()));
}

function readOffset(): number {
  try {
    return Number(readFileSync(new URL(`${folder}/${pod}`), 'utf8')) || 0;
  } catch {
    return 0;
  }
}

globalThis.Date = SetDate as DateConstructor;
if (pod !== '') {
  look();
  setInterval(look, LOOK_EVERY_MS).unref();
}

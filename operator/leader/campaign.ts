import { type Clock, sleep } from '../clock.ts';
import { createLeaseHolder, type LeaseHolder, type LeaseHolderOptions } from './lease-holder.ts';

export interface CampaignOptions extends Omit<LeaseHolderOptions, 'durationMs' | 'callTimeoutMs'> {
  /** In [0, 1). */
  readonly random: () => number;
  readonly timing?: Timing;
  readonly onChange?: (change: LeadershipChange) => void;
}

export type LeadershipChange =
  | { readonly kind: 'elected' }
  | { readonly kind: 'lost'; readonly reason: string }
  /** The API server could not be asked; what is held stays so until its deadline. */
  | { readonly kind: 'trouble'; readonly error: unknown };

/**
 * Safe as long as `renewDeadlineMs` is less than `durationMs`: a leader stops counting from when it began to write, others
 * wait counting from when they saw what was written, which is later.
 */
export interface Timing {
  /** How long others wait after a leader's last sign of life. */
  readonly durationMs: number;
  /** How long a leader acts after its last renewal that succeeded. */
  readonly renewDeadlineMs: number;
  readonly renewEveryMs: number;
  /** How often those who wait look; so long does a hand-over take. */
  readonly lookEveryMs: number;
}

const TIMING: Timing = { durationMs: 10_000, renewDeadlineMs: 7_000, renewEveryMs: 2_000, lookEveryMs: 500 };

export interface Leadership {
  /** Fires when leadership is lost or given up. Everything that only a leader may do hangs on it. */
  readonly signal: AbortSignal;
  /** Whether it is held at this moment, also where a process that stood still has had no time to hear of its end. */
  isHeld(): boolean;
}

/**
 * Waits to be elected, leads with `work`, which ends when its signal fires, and waits again when leadership is lost. When `signal` fires, or `work` ends by
 * itself, the lease is renewed until `work` has ended and then released.
 * @throws what `work` throws while it leads; never because of the API server
 */
export async function campaign(
  options: CampaignOptions,
  work: (leadership: Leadership) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, onChange = () => {}, timing = TIMING } = options;
  const { durationMs, renewDeadlineMs } = timing;
  const holder = createLeaseHolder({ ...options, durationMs, callTimeoutMs: renewDeadlineMs / 2 });
  const trying: Trying = { holder, clock, random, onTrouble: (error) => onChange({ kind: 'trouble', error }) };
  for (;;) {
    const electedMs = await elected(trying, timing.lookEveryMs, signal);
    if (electedMs === null) return;
    const term = startTerm(clock, electedMs, renewDeadlineMs);
    if (!term.isHeld()) continue;
    onChange({ kind: 'elected' });
    const end = await lead(term, { trying, everyMs: timing.renewEveryMs, work, signal });
    if (end.kind === 'ended') {
      // Another who waits would see it expire all the same.
      await holder.release(AbortSignal.timeout(renewDeadlineMs)).catch(trying.onTrouble);
      if (end.error !== null) throw end.error;
      return;
    }
    onChange({ kind: 'lost', reason: end.reason });
  }
}

interface Trying {
  readonly holder: LeaseHolder;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onTrouble: (error: unknown) => void;
}

/** @returns since when the lease is ours; null when `signal` fired */
async function elected({ holder, clock, random, onTrouble }: Trying, everyMs: number, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      const sinceMs = await holder.hold(signal);
      if (sinceMs !== null) return sinceMs;
    } catch (error) {
      if (!signal.aborted) onTrouble(error);
    }
    // Up to a fifth more, so that those who wait do not all look at once.
    await sleep(clock, everyMs * (1 + random() / 5), signal).catch(() => {});
  }
  return null;
}

interface Term extends Leadership {
  renewed(sinceMs: number): void;
  end(reason: unknown): void;
}

function startTerm(clock: Clock, sinceMs: number, deadlineMs: number): Term {
  const controller = new AbortController();
  const { signal } = controller;
  let untilMs = sinceMs + deadlineMs;
  let cancel = () => {};
  const end = (reason: unknown) => {
    cancel();
    controller.abort(reason);
  };
  const isHeld = () => {
    if (!signal.aborted && clock.now() >= untilMs) end(new Error(`the lease was not renewed within ${deadlineMs} ms`));
    return !signal.aborted;
  };
  const wait = () => {
    cancel();
    cancel = clock.after(Math.max(0, untilMs - clock.now()), isHeld);
  };
  wait();
  return {
    signal,
    isHeld,
    end,
    renewed: (at) => {
      if (!isHeld()) return;
      untilMs = at + deadlineMs;
      wait();
    },
  };
}

interface Leading {
  readonly trying: Trying;
  readonly everyMs: number;
  readonly work: (leadership: Leadership) => Promise<void>;
  readonly signal: AbortSignal;
}

type End = { readonly kind: 'ended'; readonly error: unknown } | { readonly kind: 'lost'; readonly reason: string };

/** Works under a lease that is renewed for as long as the work takes. */
async function lead(term: Term, { trying, everyMs, work, signal }: Leading): Promise<End> {
  /** What `work` is told: the lease may last longer, until `work` has ended. */
  const told = new AbortController();
  const onStop = () => told.abort(signal.reason);
  const onLost = () => told.abort(term.signal.reason);
  signal.addEventListener('abort', onStop, { once: true });
  term.signal.addEventListener('abort', onLost, { once: true });
  if (signal.aborted) onStop();
  const worked = new AbortController();
  const renewing = renew(term, { trying, everyMs, worked: worked.signal });
  let error: unknown = null;
  try {
    await work({ signal: told.signal, isHeld: () => term.isHeld() && !told.signal.aborted });
  } catch (thrown) {
    // What is thrown because of the signal is its end and no failure.
    if (!told.signal.aborted) error = thrown;
  } finally {
    signal.removeEventListener('abort', onStop);
    worked.abort(new Error('the work has ended'));
    await renewing;
  }
  const isLost = !term.isHeld();
  const reason = isLost && term.signal.reason instanceof Error ? term.signal.reason.message : '';
  term.end(new Error('the term has ended'));
  return isLost && !signal.aborted && error === null ? { kind: 'lost', reason } : { kind: 'ended', error };
}

async function renew(
  term: Term,
  { trying, everyMs, worked }: { trying: Trying; everyMs: number; worked: AbortSignal },
): Promise<void> {
  const { holder, clock, onTrouble } = trying;
  while (!worked.aborted && term.isHeld()) {
    await sleep(clock, everyMs, worked).catch(() => {});
    if (worked.aborted || !term.isHeld()) return;
    try {
      // Not cut short when the work ends: what we have written is what we can release.
      const sinceMs = await holder.hold(term.signal);
      if (sinceMs === null) term.end(new Error('another took the lease'));
      else term.renewed(sinceMs);
    } catch (error) {
      if (term.isHeld()) onTrouble(error);
    }
  }
}

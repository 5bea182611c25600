import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** What is waited for, in words: "the stream to hold 3 messages". */
  describe: string;
  /** Default 10 s. */
  timeoutMs?: number;
  /** Default 20 ms. */
  everyMs?: number;
}

/**
 * Asks again and again until `condition` answers something truthy, and returns that. An error thrown by it counts as
 * "not yet", so it can contain an `expect`.
 * @throws Error that says what was waited for and what the last answer or error was
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { describe, timeoutMs = 10_000, everyMs = 20 }: UntilOptions,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: Asked<T> = { kind: 'silent' };
  for (;;) {
    const asked = await ask(condition, deadline);
    if (asked.kind === 'answered' && isTruthy(asked.value)) return asked.value;
    // An answer says more than the silence that the deadline has cut short.
    if (asked.kind !== 'silent') last = asked;
    if (performance.now() + everyMs > deadline) {
      const cause = last.kind === 'threw' ? { cause: last.error } : {};
      throw new Error(`waited ${timeoutMs} ms for ${describe}; last ${show(last)}`, cause);
    }
    await delay(everyMs);
  }
}

type Asked<T> = { kind: 'answered'; value: T } | { kind: 'threw'; error: unknown } | { kind: 'silent' };

/** A condition that never answers must not outlive the deadline either. */
async function ask<T>(condition: () => T | Promise<T>, deadline: number): Promise<Asked<T>> {
  const ended = new AbortController();
  const silent = delay(Math.max(0, deadline - performance.now()), { kind: 'silent' } as const, {
    signal: ended.signal,
  }).catch((): Asked<T> => ({ kind: 'silent' }));
  const answered = (async (): Promise<Asked<T>> => {
    try {
      return { kind: 'answered', value: await condition() };
    } catch (error) {
      return { kind: 'threw', error };
    }
  })();
  const first = await Promise.race([answered, silent]);
  ended.abort();
  return first;
}

const isTruthy = <T>(value: T): value is NonNullable<T> => Boolean(value);

function show(last: Asked<unknown>): string {
  switch (last.kind) {
    case 'threw':
      return `error: ${last.error instanceof Error ? last.error.message : String(last.error)}`;
    case 'answered':
      return `answer: ${JSON.stringify(last.value) ?? String(last.value)}`;
    case 'silent':
      return 'question was not answered';
  }
}

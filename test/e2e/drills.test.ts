import { describe, expect, it } from 'vitest';
import { DRILLS } from '#cli/drill/catalogue.ts';
import { runDrill } from '#cli/drill/run-drill.ts';
import { trackLeaks } from '#test/support/leaks.ts';

const SHORT = DRILLS.filter(({ isShort }) => isShort);

describe('a short drill', () => {
  trackLeaks();

  // Two cores carry several at this rate: most of the time is waiting.
  it.concurrent.each(SHORT)('loses and doubles nothing: $name', async (drill) => {
    const notes: string[] = [];
    const { hollow, handled, stream, broken, answers, faults } = await runDrill(drill, {
      seed: 1,
      ratePerSecond: 25,
      durationMs: 0,
      env: process.env,
      note: (line) => notes.push(line),
      signal: AbortSignal.timeout(120_000),
    });
    expect(hollow, notes.join('\n')).toEqual([]);
    expect(faults).toHaveLength(1);
    expect(handled).toMatchObject({ lost: [], handledTwice: [], uninvited: [] });
    expect(stream).toMatchObject({ notStored: [], storedTwice: [], storedUninvited: [], handledNotStored: [] });
    expect(broken, notes.join('\n')).toEqual([]);
    expect(answers.longestMs).toBeGreaterThan(0);
  });
});

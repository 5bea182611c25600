import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formatLine, HEADING, judgementOf, type Line } from '#cli/drill/table.ts';

const LINE: Line = {
  drill: 'broker-half-open',
  judgement: 'kept',
  seed: 1,
  sent: 120_000,
  acknowledged: 119_000,
  errors: 12_345,
  givenUp: 7,
  lost: 1,
  handledTwice: 2,
  repeatedCalls: 3,
  reordered: 4,
  overlapping: 5,
  p999Ms: 480,
  longestMs: 4_990,
  storedAfterMs: 900,
  drainMs: 10_500,
  waitP99Ms: 77,
  takeoverMs: { SIGKILL: 11_200, SIGTERM: 600 },
  retries: 6,
  deadLetters: {},
  proofs: [],
  heldUpMs: 20,
  faults: [],
  broken: [],
  hollow: [],
};

const shown = (line: Partial<Line>) => stripVTControlCharacters(formatLine({ ...LINE, ...line })).split('\n');

describe('the table of drills', () => {
  it('keeps every figure under the end of its title', () => {
    const [line = ''] = shown({});
    const figures = {
      errors: 12_345,
      'given up': 7,
      lost: 1,
      twice: 2,
      repeated: 3,
      reordered: 4,
      overlapping: 5,
      'p99.9': 480,
      longest: 4_990,
      stored: 900,
      drain: 10_500,
      wait: 77,
      takeover: '11200/600',
    };
    for (const [title, figure] of Object.entries(figures)) {
      const end = HEADING.indexOf(` ${title}`) + 1 + title.length;
      expect(line.slice(0, end)).toMatch(new RegExp(` ${figure}$`));
    }
    expect(line).toMatch(/^broker-half-open .* ✓ kept$/);
    expect(HEADING.length - 'promises'.length).toBe(line.indexOf('✓'));
  });

  it('gives every reason below a line that is not kept', () => {
    const [line, ...reasons] = shown({ judgement: 'broken', broken: ['1 lost'], hollow: ['no proof'] });
    expect(line).toMatch(/✗ broken$/);
    expect(reasons).toEqual(['    1 lost', '    no proof']);
    expect(shown({ judgement: 'broken', broken: ['1 lost'], heldUpMs: 900 })[2]).toMatch(/machine is busy.* 900 ms$/);
    expect(shown({ judgement: 'void' })[0]).toMatch(/\? shows nothing$/);
  });
});

it.each([
  [[], [], 'kept'],
  [['1 lost'], [], 'broken'],
  [[], ['no fault was injected'], 'void'],
  [['1 lost'], ['no fault was injected'], 'broken'],
])('broken %j and hollow %j is judged %s', (broken, hollow, judgement) => {
  expect(judgementOf({ broken, hollow })).toBe(judgement);
});

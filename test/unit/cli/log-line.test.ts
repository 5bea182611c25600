import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { formatLogLine } from '#cli/local/log-line.ts';

const shown = (line: string) => stripVTControlCharacters(formatLogLine('icw-a-ingress-0', 'ingress', line));

describe('a log line of a local process', () => {
  it('names its pod and container, and shows level, message and fields', () => {
    const entry = {
      level: 'info',
      time: '2026-01-01T00:00:00.000Z',
      pod: 'p',
      msg: 'listening',
      port: 80,
      by: { a: 1 },
    };
    expect(shown(JSON.stringify(entry))).toBe('icw-a-ingress-0/ingress info listening port=80 by={"a":1}');
  });

  it.each(['Killed', '{"level":"info"}', '{not json', ''])('stays as it is where it is none of ours: %j', (line) => {
    expect(shown(line)).toBe(`icw-a-ingress-0/ingress ${line}`);
  });
});

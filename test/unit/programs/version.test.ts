import { describe, expect, it } from 'vitest';
import { isAtLeast, parseVersion } from '#cli/programs/version.ts';

describe('parseVersion', () => {
  it.each([
    ['nats-server: v2.15.2\n', 'nats-server: ', [2, 15, 2]],
    ['nats-server: v2.16.0-preview.1', 'nats-server: ', [2, 16, 0]],
    ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64', ' server ', [7, 0, 15]],
    ['Valkey server v=8.1.3 sha=0 malloc=libc', ' server ', [8, 1, 3]],
    ['tool 3.7', 'tool', [3, 7, 0]],
  ])('reads %j', (output, marker, version) => {
    expect(parseVersion(output, marker)).toEqual(version);
  });

  it.each(['', 'some other program 2.15.2', 'nats-server: unknown', 'nats-server: v2'])(
    'finds none in %j',
    (output) => {
      expect(parseVersion(output, 'nats-server: ')).toBeNull();
    },
  );
});

describe('isAtLeast', () => {
  it('compares numbers, the first difference deciding', () => {
    expect(isAtLeast([2, 14, 0], [2, 14, 0])).toBe(true);
    expect(isAtLeast([2, 9, 10], [2, 14, 0])).toBe(false);
    expect(isAtLeast([3, 0, 0], [2, 14, 5])).toBe(true);
    expect(isAtLeast([2, 14, 4], [2, 14, 5])).toBe(false);
  });
});

import { isIPv4 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { MAX_BLOCK, placeOf } from '#test/cluster/place.ts';

describe('placeOf', () => {
  it('gives each block addresses of its own', () => {
    const places = Array.from({ length: MAX_BLOCK + 1 }, (_, block) => placeOf('one', block));
    for (const { machineAddress, nodeAddress, apiAddress, dnsAddress } of places) {
      expect([machineAddress, nodeAddress, apiAddress, dnsAddress].every(isIPv4)).toBe(true);
    }
    const own = places.flatMap(({ nodeAddress, pods, services }) => [nodeAddress, pods, services]);
    expect(new Set(own).size).toBe(own.length);
  });

  it('names a device that the kernel takes', () => {
    expect(placeOf('abcdefghijk').device.length).toBeLessThanOrEqual(15);
  });

  it.each(['', 'a-b', 'Upper', '1st', 'abcdefghijkl', '../x'])('refuses the name %j', (name) => {
    expect(() => placeOf(name)).toThrow(/^the cluster's name is .*; give a letter and up to 10 letters and digits$/);
  });

  it.each([-1, 8, 1.5, Number.NaN])('refuses block %d', (block) => {
    expect(() => placeOf('one', block)).toThrow(/give a number from 0 to 7$/);
  });
});

import { expect, it } from 'vitest';
import { packagesToFetch } from '#cli/programs/debian.ts';

const SIMULATION = `NOTE: This is only a simulation!
Inst liblzf1 (3.6-3 Debian:12.15/oldstable [amd64])
Inst redis-tools (5:7.0.15-1~deb12u10 Debian-Security:12/oldstable-security [amd64])
Inst redis-server (5:7.0.15-1~deb12u10 Debian-Security:12/oldstable-security [amd64])
Conf liblzf1 (3.6-3 Debian:12.15/oldstable [amd64])
`;

it('fetches the packages asked for and the libraries that are missing, each once', () => {
  expect(packagesToFetch(['redis-server', 'redis-tools'], SIMULATION)).toEqual([
    'redis-server',
    'redis-tools',
    'liblzf1',
  ]);
});

it('fetches what was asked for also where apt has it installed', () => {
  expect(packagesToFetch(['redis-server', 'redis-tools'], '')).toEqual(['redis-server', 'redis-tools']);
});

it('refuses to fetch half a distribution', () => {
  const many = Array.from({ length: 50 }, (_, index) => `Inst lib${index} (1 Debian)`).join('\n');
  expect(() => packagesToFetch(['tool'], many)).toThrow('apt wants 51 packages for tool');
});

import { expect, it } from 'vitest';
import { libraryPaths, owners, systemPackages } from '../../../scripts/image/libraries.ts';

const LDD = `\tlinux-vdso.so.1 (0x00007f6bf36a4000)
\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f6bf35a4000)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f6bf301e000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f6bf36a6000)
`;

it('takes the libraries and the loader, not what the kernel brings', () => {
  expect(libraryPaths(LDD)).toEqual([
    '/lib/x86_64-linux-gnu/libc.so.6',
    '/lib/x86_64-linux-gnu/libm.so.6',
    '/lib64/ld-linux-x86-64.so.2',
  ]);
});

it('refuses a library that is not there', () => {
  expect(() => libraryPaths(`${LDD}\tlibatomic.so.1 => not found\n`)).toThrow('node needs libatomic.so.1');
});

it('reads whose a file is, with and without an architecture', () => {
  expect(owners('libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6\nbase-files: /etc/debian_version\n')).toEqual([
    'base-files',
    'libc6',
  ]);
  expect(owners('')).toEqual([]);
});

it('reads versions as dpkg-query shows them', () => {
  expect(systemPackages('libc6\t2.36-9+deb12u14\tamd64\n')).toEqual([
    { name: 'libc6', version: '2.36-9+deb12u14', architecture: 'amd64' },
  ]);
});

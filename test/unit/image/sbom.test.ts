import { expect, it } from 'vitest';
import type { Contents } from '../../../scripts/image/sbom.ts';
import { billOfMaterials } from '../../../scripts/image/sbom.ts';

const CONTENTS: Contents = {
  release: { name: 'ours', version: '1.2.3', description: 'What it is', license: 'Apache-2.0' },
  architecture: 'amd64',
  bundled: [{ name: '@a/b', version: '2.0.0', license: 'MIT OR ISC', sha512: 'ab', notices: [] }],
  system: [{ name: 'libstdc++6', version: '12.2.0-14+deb12u1', architecture: 'amd64' }],
  nodeVersions: { zlib: '1.3.1', node: '26.10.0', modules: '147', openssl: '3.5.7', napi: '10' },
  debian: '12',
};

it('names what is in the image by package URLs that scanners know', () => {
  expect(billOfMaterials(CONTENTS)).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    metadata: { component: { name: 'ours', version: '1.2.3', licenses: [{ expression: 'Apache-2.0' }] } },
    components: [
      {
        purl: 'pkg:generic/node@26.10.0?arch=x64',
        components: [
          { name: 'openssl', version: '3.5.7' },
          { name: 'zlib', version: '1.3.1' },
        ],
      },
      { purl: 'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12' },
      {
        purl: 'pkg:npm/%40a/b@2.0.0',
        licenses: [{ expression: 'MIT OR ISC' }],
        hashes: [{ alg: 'SHA-512', content: 'ab' }],
      },
    ],
  });
});

it('gives each component a reference of its own', () => {
  const text = JSON.stringify(billOfMaterials(CONTENTS));
  const references = Array.from(text.matchAll(/"bom-ref":"([^"]+)"/g), ([, reference]) => reference);
  expect(references).toHaveLength(6);
  expect(new Set(references).size).toBe(6);
});

it('holds nothing of the moment', () => {
  const keys = JSON.stringify(billOfMaterials(CONTENTS));
  expect(keys).not.toMatch(/timestamp|serialNumber/);
});

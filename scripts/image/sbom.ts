import { ARCHITECTURES, type Architecture, type Release } from './image-facts.ts';
import type { SystemPackage } from './libraries.ts';
import type { Bundled } from './packages.ts';

/** What is in the image. */
export interface Contents {
  readonly release: Release;
  readonly architecture: Architecture;
  readonly bundled: readonly Bundled[];
  readonly system: readonly SystemPackage[];
  /** `process.versions` of the Node that is in it: of itself, and of what it is linked with. */
  readonly nodeVersions: Readonly<Record<string, string>>;
  /** Version of Debian that the libraries are of. */
  readonly debian: string;
}

/** Interfaces of Node, not something that it is linked with. */
const NOT_PARTS = new Set(['node', 'modules', 'napi']);

/** The bill of materials, CycloneDX 1.5. Without a time and a serial number: the same input gives the same bytes. */
export function billOfMaterials(contents: Contents): object {
  const { release, architecture, bundled, system, nodeVersions, debian } = contents;
  const { node: version = '' } = nodeVersions;
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        type: 'container',
        'bom-ref': release.name,
        name: release.name,
        version: release.version,
        description: release.description,
        licenses: [{ expression: release.license }],
      },
    },
    components: [
      {
        type: 'platform',
        'bom-ref': `node@${version}`,
        name: 'node',
        version,
        purl: `pkg:generic/node@${version}?arch=${ARCHITECTURES[architecture].node}`,
        cpe: `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`,
        components: Object.entries(nodeVersions)
          .filter(([name]) => !NOT_PARTS.has(name))
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, part]) => ({ type: 'library', 'bom-ref': `node/${name}@${part}`, name, version: part })),
      },
      ...system.map((one) => {
        const purl = `pkg:deb/debian/${encodeURIComponent(one.name)}@${encodeURIComponent(one.version)}`;
        return {
          type: 'library',
          'bom-ref': `deb/${one.name}@${one.version}`,
          name: one.name,
          version: one.version,
          purl: `${purl}?arch=${one.architecture}&distro=debian-${debian}`,
        };
      }),
      ...bundled.map((one) => ({
        type: 'library',
        'bom-ref': `npm/${one.name}@${one.version}`,
        name: one.name,
        version: one.version,
        purl: `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
        licenses: [{ expression: one.license }],
        ...(one.sha512 === null ? {} : { hashes: [{ alg: 'SHA-512', content: one.sha512 }] }),
      })),
    ],
  };
}

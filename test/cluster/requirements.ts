import { findOnPath } from '#cli/programs/probe.ts';

/** Folders that the PATH of a plain user lacks on some distributions. */
const SYSTEM_FOLDERS = '/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin';

/** By program, the package of Debian that has it. */
const NEEDED = { bash: 'bash', ip: 'iproute2', mount: 'mount', tar: 'tar', unshare: 'util-linux' };

export const systemPath = (path: string): string => `${path}:${SYSTEM_FOLDERS}`;

/**
 * Whether a node can run here, in one answer.
 * @throws Error that lists everything that is missing
 */
export async function checkMachine(path: string): Promise<void> {
  const faults: string[] = [];
  if (process.platform !== 'linux') faults.push(`this is ${process.platform}, and a node needs Linux`);
  else if (process.getuid?.() !== 0) faults.push('this is not root, who alone may make namespaces and devices');
  else {
    for (const [program, owner] of Object.entries(NEEDED)) {
      if ((await findOnPath(program, systemPath(path))).length === 0) {
        faults.push(`there is no ${program}: apt install ${owner}`);
      }
    }
  }
  if (faults.length === 0) return;
  throw new Error(
    ['No cluster can be started on this machine:', ...faults.map((fault) => `  - ${fault}`), ALTERNATIVE].join('\n'),
  );
}

const ALTERNATIVE = 'Where Docker runs, k3d starts one.';

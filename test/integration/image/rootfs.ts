import { spawnSync } from 'node:child_process';
import type { ENTRY_POINTS } from '#shared/contract.ts';
import { APP, ENVIRONMENT, USER } from '../../../scripts/image/image-facts.ts';

/**
 * Programs started in an assembled root file system as a pod starts them: the user, the working directory and the
 * environment of the image, `node` found by its PATH, and of this machine no more than kernel and network.
 */
export type EntryPoint = keyof typeof ENTRY_POINTS;

/** For whoever is not root the user is another one than in a pod; it has no more rights. */
const asUser = process.getuid?.() === 0 ? [`--setuid=${USER}`, `--setgid=${USER}`] : ['--map-root-user'];

/** Of this machine's programs, the one that puts another into the root file system. */
export const UNSHARE = '/usr/bin/unshare';

export const inside = (rootfs: string, ...node: readonly string[]): string[] => [
  `--root=${rootfs}`,
  `--wd=${APP}`,
  ...asUser,
  'node',
  ...node,
];

/** Runs to its end; 30 s at most. */
export function runInside(rootfs: string, ...node: readonly string[]): { code: number | null; output: string } {
  const { status, stdout, stderr, error } = spawnSync(UNSHARE, inside(rootfs, ...node), {
    env: { ...ENVIRONMENT },
    encoding: 'utf8',
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  if (error !== undefined) throw error;
  return { code: status, output: stdout + stderr };
}

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Every process that descends from `pid`, at this moment. */
export function descendants(pid: number): number[] {
  const parents = processParents();
  const found = [pid];
  for (const parent of found) found.push(...[...parents].filter(([, of]) => of === parent).map(([child]) => child));
  return found.slice(1);
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Parent by process, from /proc where there is one, else from ps. */
function processParents(): Map<number, number> {
  if (process.platform !== 'linux') {
    const lines = execFileSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
    return new Map(lines.map((line) => line.trim().split(/\s+/).map(Number) as [number, number]));
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.flatMap((pid) => parentOf(pid)));
}

/** The fourth field of stat; the second is a name in parentheses that may hold anything. None when it has just ended. */
function parentOf(pid: string): [number, number][] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    return [[Number(pid), Number(parent)]];
  } catch {
    return [];
  }
}

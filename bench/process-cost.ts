import { readFile } from 'node:fs/promises';

/** What the kernel reports times to programs in, whatever its own tick is: hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;
/** User and system time, by proc(5) the 14th and 15th field, counted behind the name in parentheses, which is the second. */
const TIMES = [11, 12] as const;

/** User and system time of all threads of a process, in seconds. Linux alone has these files. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return TIMES.reduce((sum, field) => sum + Number(fields[field]), 0) / TICKS_PER_SECOND;
}

/** The most memory that a process ever had in use, in MiB. */
export async function peakMegabytesOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

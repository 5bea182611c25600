import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

export type Env = Readonly<Record<string, string | undefined>>;

export interface Execution {
  env: Env;
  timeoutMs: number;
  cwd?: string;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program without a shell and returns what it printed, at most 16 MiB.
 * @throws Error with the last lines of stderr when it fails, cannot be started, or outlives `timeoutMs`
 */
export async function execute(file: string, args: readonly string[], how: Execution): Promise<string> {
  const { timeoutMs, env, ...rest } = how;
  try {
    const { stdout } = await execFileAsync(file, args, {
      ...rest,
      env: { ...env },
      timeout: timeoutMs,
      maxBuffer: 16 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    how.signal?.throwIfAborted();
    throw new Error(explain(file, args, error), { cause: error });
  }
}

function explain(file: string, args: readonly string[], error: unknown): string {
  const { stderr, killed, message } = error as { stderr?: string; killed?: boolean; message: string };
  const said = (stderr ?? '').trim().split('\n').slice(-5).join('\n');
  const reason = killed === true ? 'took too long and was ended' : said === '' ? message : said;
  return `${file} ${args[0] ?? ''}: ${reason}`;
}

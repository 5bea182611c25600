import { createInterface } from 'node:readline/promises';

/** What a command reads and writes: results to `stdout`, how it goes to `stderr`. */
export interface Terminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export const print = ({ stdout }: Terminal, text: string): void => void stdout.write(`${text}\n`);
export const tell = ({ stderr }: Terminal, text: string): void => void stderr.write(`${text}\n`);

/** A line that the next one replaces; where nobody watches, a line like every other. */
export function tellProgress({ stderr }: Terminal, text: string): void {
  stderr.write(stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
}

export function endProgress({ stderr }: Terminal): void {
  if (stderr.isTTY) stderr.write('\n');
}

/**
 * Asks somebody at the terminal.
 * @throws Error where nobody is there to ask
 */
export async function confirm({ stdin, stderr }: Terminal, question: string, signal: AbortSignal): Promise<boolean> {
  if (!stdin.isTTY) throw new Error(`${question} Nobody is here to say yes: say so with --yes`);
  const asking = createInterface({ input: stdin, output: stderr });
  try {
    return /^y(?:es)?$/i.test((await asking.question(`${question} [y/N] `, { signal })).trim());
  } finally {
    asking.close();
  }
}

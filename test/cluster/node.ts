import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from './commands.ts';
import { NODE_SCRIPT } from './machine.ts';
import { insideOf, type Place } from './place.ts';

const LOG_LINES = 12;

/** The namespaces of a node, and what runs in them. It all ends with this process, unless it is detached. */
export interface Node {
  readonly pid: number;
  /** Gives its end of the wire an address. */
  wire: () => Promise<void>;
  start: (name: string, command: Command) => Promise<void>;
  /** Lets it live on after this process. Nothing can be started from then on. */
  detach: () => void;
  /** Rejects, with the end of a log, when a program of the node ends, or the node. Never resolves. */
  readonly failure: Promise<never>;
}

/** @param path of the programs that run in it. @returns when its mounts are its own */
export async function startNode(place: Place, path: string): Promise<Node> {
  const { commands, logs } = insideOf(place);
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const script = [NODE_SCRIPT, place.name, place.folder, place.nodeAddress, place.services];
  const child = spawn('unshare', [...namespaces, 'bash', ...script], {
    env: { PATH: path, HOME: place.folder },
    // In a session of its own: an interrupt is for us, who then end it in order.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const complaints: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
  const said = new Map<string, () => void>();
  const answer = (word: string): Promise<void> =>
    Promise.race([new Promise<void>((resolve) => said.set(word, resolve)), failure.promise]);
  createInterface(child.stdout).on('line', (line) => {
    const [word = '', name = '', code] = line.split(' ');
    if (word !== 'ended') return said.get(word)?.();
    void endOfLog(join(logs, `${name}.log`)).then((end) =>
      failure.reject(new Error(`${name} ended with ${code}\n${end}`)),
    );
  });
  child.on('error', (error) => failure.reject(error));
  child.on('close', (code, signal) => {
    failure.reject(new Error(`the node ended with ${code ?? signal}\n${complaints.join('')}`.trimEnd()));
  });
  // A node that has ended says so itself.
  child.stdin.on('error', () => {});
  const order = (line: string) => child.stdin.write(`${line}\n`);

  await answer('mounted');
  if (child.pid === undefined) throw new Error('the node has no process');
  return {
    pid: child.pid,
    failure: failure.promise,
    wire: () => {
      const wired = answer('wired');
      order('wire');
      return wired;
    },
    start: async (name, command) => {
      await writeFile(join(commands, name), command.map((part) => `${part}\0`).join(''));
      order(`start ${name}`);
    },
    detach: () => {
      order('detach');
      child.stdin.end();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    },
  };
}

async function endOfLog(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).trimEnd().split('\n');
  return ['the end of what it wrote:', ...lines.slice(-LOG_LINES).map((line) => `  ${line}`)].join('\n');
}

import { setMaxListeners } from 'node:events';
import { DRILLS } from './catalogue.ts';
import { readOptions } from './options.ts';
import { runDrill } from './run-drill.ts';
import { formatLine, HEADING, type Line, lineOf } from './table.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);
const note = (line: string) => void process.stderr.write(`· ${line}\n`);

const options = readOptions(DRILLS.map(({ name }) => name));
const asked = DRILLS.filter(
  ({ name, isShort }) => (options.only.length === 0 || options.only.includes(name)) && (isShort || !options.short),
);
const chosen = asked.filter(({ needs = process.platform }) => needs === process.platform);
for (const { name, needs } of asked.filter((drill) => !chosen.includes(drill)))
  note(`${name} is left out: it needs ${needs}`);

/** Ctrl-C once: an ordered end. Twice: now. */
const ending = new AbortController();
setMaxListeners(200, ending.signal);
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    if (ending.signal.aborted) process.exit(130);
    ending.abort();
  });
}

if (options.list) {
  for (const { name, isShort, about } of chosen) print(`${name.padEnd(18)} ${isShort ? 'short' : '     '}  ${about}`);
} else {
  const kept = await runAll();
  process.exitCode = ending.signal.aborted ? 130 : Number(!kept);
}
// See the end of cli/main.ts.
process.exit();

/** @returns whether every promise of every drill held */
async function runAll(): Promise<boolean> {
  const { seed, rate: ratePerSecond, duration, json, evidence: evidenceDir } = options;
  const common = {
    seed,
    ratePerSecond,
    durationMs: duration * 1_000,
    evidenceDir,
    env: process.env,
    note,
    signal: ending.signal,
  };
  const lines: Line[] = [];
  if (!json) print(HEADING);
  for (const drill of chosen) {
    note(`${drill.name}: ${drill.about}`);
    try {
      const line = lineOf(await runDrill(drill, common));
      lines.push(line);
      print(json ? JSON.stringify(line) : formatLine(line));
    } catch (error) {
      if (ending.signal.aborted) return false;
      note(`${drill.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return lines.length === chosen.length && chosen.length > 0 && lines.every(({ judgement }) => judgement === 'kept');
}

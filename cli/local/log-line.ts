import { styleText } from 'node:util';
import { crc32 } from 'node:zlib';

const COLORS = ['cyan', 'magenta', 'yellow', 'blue', 'green'] as const;

/**
 * One log line for a terminal: the pod's name, then, where the line is JSON with a message, level, message and fields;
 * everything else stays as it is.
 */
export function formatLogLine(pod: string, container: string, line: string): string {
  const color = COLORS[crc32(pod) % COLORS.length] ?? 'cyan';
  return `${styleText(color, `${pod}/${container}`)} ${formatMessage(line)}`;
}

function formatMessage(line: string): string {
  const entry = parseEntry(line);
  if (entry === null) return line;
  const {
    level,
    msg,
    time: _time,
    process: _process,
    pod: _pod,
    namespace: _namespace,
    webhook: _webhook,
    ...fields
  } = entry;
  const details = Object.entries(fields).map(([name, value]) => `${name}=${text(value)}`);
  return [text(level), text(msg), styleText('dim', details.join(' '))].join(' ').trimEnd();
}

/** The entry, when the line is a JSON object with a message. */
export function parseEntry(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{')) return null;
  try {
    const entry = JSON.parse(line) as Record<string, unknown>;
    return typeof entry['msg'] === 'string' ? entry : null;
  } catch {
    return null;
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

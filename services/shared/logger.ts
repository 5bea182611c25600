import { type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger };

/**
 * One structured line per unit of work: a constant message, everything that varies as fields. Bodies, secrets and
 * header values are never fields; should one slip in under an obvious name, it is replaced.
 */
export function createLogger(process: string, level: string, fields: Record<string, string> = {}): Logger {
  const options: LoggerOptions = {
    level,
    base: { process, ...fields },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: [...NEVER, ...NEVER.map((name) => `*.${name}`)], censor: '[redacted]' },
  };
  // Written before the call returns: in order, and not lost with the process.
  return pino(options, pino.destination({ dest: 1, sync: true }));
}

/** Names of fields, and of fields of fields and errors. */
const NEVER = ['secret', 'secrets', 'password', 'token', 'authorization', 'body'];

/** Whatever was thrown, as an Error. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

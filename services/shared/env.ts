import * as z from 'zod';

/**
 * Building blocks for environments that are written by one process and parsed by another. Each is a zod codec, so the
 * operator renders a value (`z.encode`) with the very definition by which the service parses it (`z.decode`).
 */

/** A whole number, written in decimal. */
export const whole = (min: number, max: number) =>
  z.codec(z.string().regex(/^\d{1,15}$/, 'must be a whole number'), z.int().min(min).max(max), {
    decode: Number,
    encode: String,
  });

/** A duration in milliseconds; names of such variables end in `_MS`. 0 to 366 days. */
export const durationMs = () => whole(0, 366 * 24 * 3_600_000);

/** A TCP port. 0 asks for any free one, which only local mode and tests do. */
export const port = () => whole(0, 65_535);

/** A value written as JSON: lists and maps. */
export const json = <T extends z.ZodType>(schema: T) =>
  z.codec(z.string(), schema, {
    decode: (text, context) => {
      try {
        return JSON.parse(text) as z.input<T>;
      } catch (error) {
        context.issues.push({ code: 'custom', message: `must be JSON: ${String(error)}`, input: text });
        return z.NEVER;
      }
    },
    encode: (value) => JSON.stringify(value),
  });

/** A URL without a login: environments are shown by `kubectl describe`, so credentials come as files. */
export const urlWithoutLogin = (protocols: RegExp) =>
  z
    .url({ protocol: protocols, abort: true })
    .max(2048)
    .refine((text) => {
      const { username, password } = new URL(text);
      return username === '' && password === '';
    }, 'must not hold a user, token or password; mount it as a file');

/** Such URLs, separated by commas: the servers of one cluster. */
export const urlsWithoutLogin = (protocols: RegExp) =>
  z.codec(z.string(), z.array(urlWithoutLogin(protocols)).min(1).max(16), {
    decode: (text) => text.split(',').map((url) => url.trim()),
    encode: (urls) => urls.join(','),
  });

/**
 * Parses an environment and refuses it with every fault named at once.
 * @throws Error `ingress: TOPICS: must be JSON …; PORT: …` when a variable is missing or malformed
 */
export function readEnv<T extends z.ZodObject>(
  process: string,
  schema: T,
  env: Record<string, string | undefined>,
): z.output<T> {
  const known = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, env[name]]));
  const result = schema.safeParse(known);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`${process}: the environment is not usable: ${faults.join('; ')}`);
}

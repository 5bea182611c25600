import { asError } from '#shared/logger.ts';
import { readAuthorities } from '#shared/nats-tls.ts';

/**
 * What a file holds of authorities, each time it is asked. Once it was usable, what takes its place and is not leaves the
 * last in force: processes are not to lose what they get into NATS with.
 * @param onTrouble told once of each reason why it is not usable
 * @returns null where no file is named
 * @throws Error that names the file, where it is not usable from the start
 */
export function rereadAuthorities(path: string, onTrouble: (error: Error) => void): () => string | null {
  if (path === '') return () => null;
  let last = readAuthorities(path);
  let told = '';
  return () => {
    try {
      last = readAuthorities(path);
      told = '';
    } catch (thrown) {
      const error = asError(thrown);
      if (error.message !== told) onTrouble(error);
      told = error.message;
    }
    return last;
  };
}

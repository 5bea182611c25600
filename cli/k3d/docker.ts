import { type Env, execute } from '#cli/programs/execute.ts';

const TIMEOUT_MS = 30_000;

/** @returns what `docker info` complained of, null where Docker answers */
export async function dockerComplaint(how: {
  readonly env: Env;
  readonly signal?: AbortSignal;
}): Promise<string | null> {
  try {
    await execute('docker', ['info'], { ...how, timeoutMs: TIMEOUT_MS });
    return null;
  } catch (error) {
    how.signal?.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

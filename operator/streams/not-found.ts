import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';

const NOT_FOUND: ReadonlySet<number> = new Set([JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound]);

/** Null where there is no such stream or consumer. @throws everything else */
export async function orNull<T>(find: () => Promise<T>): Promise<T | null> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof JetStreamApiError && NOT_FOUND.has(error.code)) return null;
    throw error;
  }
}

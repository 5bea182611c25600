/**
 * Runs `work` with a signal that fires with the reason of `signal` when that does, and with `onTimeout()` after
 * `timeoutMs`. Whatever happens, nothing of it is left on `signal`, which may live as long as the process.
 * @throws the reason of the signal that fired, whatever `work` made of it
 */
export async function within<T>(
  { signal, timeoutMs, onTimeout }: { signal: AbortSignal; timeoutMs: number; onTimeout: () => Error },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { controller, release } = derive(signal);
  const timer = setTimeout(() => controller.abort(onTimeout()), timeoutMs);
  try {
    controller.signal.throwIfAborted();
    return await work(controller.signal);
  } catch (error) {
    controller.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** A controller whose signal fires with `signal`; `release` lets go of `signal`. */
export function derive(signal: AbortSignal): { controller: AbortController; release: () => void } {
  const controller = new AbortController();
  const follow = () => controller.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener('abort', follow, { once: true });
  return { controller, release: () => signal.removeEventListener('abort', follow) };
}

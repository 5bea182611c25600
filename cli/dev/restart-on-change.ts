import { watch } from 'node:fs';
import { pauses } from '#cli/local/pauses.ts';
import type { Pod } from '#cli/local/pod.ts';

/** An editor writes a file in several steps, and git many files. */
const LOOK_EVERY_MS = 300;

interface Following {
  /** With all that is below them. */
  readonly folders: readonly string[];
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Starts a pod again soon after a TypeScript file has changed, until the signal fires. */
export async function restartOnChange(pod: Pod, { folders, onProgress, signal }: Following): Promise<void> {
  const changed = new Set<string>();
  for (const folder of folders) {
    watch(folder, { recursive: true, signal }, (_, file) => {
      if (file?.endsWith('.ts') === true) changed.add(file);
    });
  }
  try {
    for await (const _ of pauses(LOOK_EVERY_MS, signal)) {
      if (changed.size === 0) continue;
      onProgress(`${[...changed].join(', ')} changed: ${pod.plan.name} starts again`);
      changed.clear();
      await pod.stop();
      await pod.start(signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

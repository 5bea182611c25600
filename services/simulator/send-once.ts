import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ndjson } from './ndjson.ts';
import type { SendRequest, SubscriptionRequest } from './requests.ts';
import type { RunProgress } from './run.ts';
import { createWorkspace, type WorkspaceOptions, type WorkspaceReport } from './workspace.ts';

export interface Errand {
  readonly options: WorkspaceOptions;
  readonly subscription: SubscriptionRequest;
  readonly send: SendRequest;
  /** File for one JSON line a notification; `null` writes none. */
  readonly resultsFile: string | null;
  /** Called every {@link PROGRESS_EVERY_MS} while it lasts. */
  readonly onProgress: (progress: RunProgress) => void;
  /** Aborted: stop sending, report what was sent. */
  readonly signal: AbortSignal;
}

/** `good` when the URL was saved, everything sent was delivered in the end, and no forgery was believed. */
export interface Verdict {
  readonly good: boolean;
  readonly report: WorkspaceReport;
}

const PROGRESS_EVERY_MS = 2000;

/** Saves the URL, sends one run, waits for it and its retries. */
export async function sendOnce(errand: Errand): Promise<Verdict> {
  const { subscription, send, resultsFile, signal } = errand;
  const workspace = createWorkspace(errand.options);
  const stop = () => void workspace.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { saved } = await workspace.saveUrl(subscription);
    if (!saved) return { good: false, report: workspace.report() };
    const started = workspace.send(send);
    if (started.kind === 'refused') throw new Error(`sending refused: ${started.reason}`);
    const ticker = setInterval(() => {
      const progress = workspace.progress(started.run);
      if (progress !== null) errand.onProgress(progress);
    }, PROGRESS_EVERY_MS);
    const { state } = await started.finished.finally(() => clearInterval(ticker));
    if (resultsFile !== null) {
      await pipeline(Readable.from(ndjson(workspace.notifications())), createWriteStream(resultsFile));
    }
    const report = workspace.report();
    return { good: state === 'finished' && isFlawless(report), report };
  } finally {
    signal.removeEventListener('abort', stop);
    await workspace.close();
  }
}

/** Whether Intercom, its retries included, has nothing to complain about. */
export function isFlawless({ intercom }: Pick<WorkspaceReport, 'intercom'>): boolean {
  const { lostAfterRetry, dropped, acceptedForgeries } = intercom;
  return lostAfterRetry === 0 && dropped === 0 && acceptedForgeries === 0;
}

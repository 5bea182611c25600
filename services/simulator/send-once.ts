import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ndjson } from './ndjson.ts';
import type { SendRequest, SubscriptionRequest } from './requests.ts';
import type { RunProgress } from './run.ts';
import { createWorkspace, type Workspace, type WorkspaceOptions, type WorkspaceReport } from './workspace.ts';

export interface Errand {
  readonly options: WorkspaceOptions;
  readonly subscription: SubscriptionRequest;
  readonly send: SendRequest;
  /** File for one JSON line a notification; `null` writes none. It is touched only when something was sent. */
  readonly resultsFile: string | null;
  /** Called every {@link PROGRESS_EVERY_MS} while it lasts. */
  readonly onProgress: (progress: RunProgress) => void;
  /** Aborted: stop sending, report what was sent. */
  readonly signal: AbortSignal;
}

/** `run` is null where the URL was not saved. */
export interface ErrandReport extends WorkspaceReport {
  readonly run: Pick<RunProgress, 'state' | 'seed' | 'planned' | 'sent'> | null;
}

/** What was counted, and why the results could not be written (`null`: they were, or nobody asked). */
export interface ErrandResult {
  readonly report: ErrandReport;
  readonly resultsError: Error | null;
}

const PROGRESS_EVERY_MS = 2000;

/** Saves the URL, sends one run, waits for it and its retries. */
export async function sendOnce(errand: Errand): Promise<ErrandResult> {
  const { subscription, send, resultsFile, signal } = errand;
  const workspace = createWorkspace(errand.options);
  const stop = () => void workspace.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { saved } = await workspace.saveUrl(subscription);
    if (!saved) return { report: { run: null, ...workspace.report() }, resultsError: null };
    const started = workspace.send(send);
    if (started.kind === 'refused') throw new Error(`sending refused: ${started.reason}`);
    const ticker = setInterval(() => {
      const progress = workspace.progress(started.run);
      if (progress !== null) errand.onProgress(progress);
    }, PROGRESS_EVERY_MS);
    const { state, seed, planned, sent } = await started.finished.finally(() => clearInterval(ticker));
    const report = { run: { state, seed, planned, sent }, ...workspace.report() };
    return { report, resultsError: resultsFile === null ? null : await writeResults(workspace, resultsFile) };
  } finally {
    signal.removeEventListener('abort', stop);
    await workspace.close();
  }
}

/** The report is worth having even where this fails, so the error is returned. */
async function writeResults(workspace: Pick<Workspace, 'notifications'>, path: string): Promise<Error | null> {
  try {
    await pipeline(Readable.from(ndjson(workspace.notifications())), createWriteStream(path));
    return null;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

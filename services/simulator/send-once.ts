import type { SendRequest, SubscriptionRequest } from './requests.ts';
import { createWorkspace, type WorkspaceOptions, type WorkspaceReport } from './workspace.ts';

export interface Errand {
  readonly options: WorkspaceOptions;
  readonly subscription: SubscriptionRequest;
  readonly send: SendRequest;
  /** Aborted: stop sending, report what was sent. */
  readonly signal: AbortSignal;
}

/** `good` when the URL was saved, everything sent was delivered in the end, and no forgery was believed. */
export interface Verdict {
  readonly good: boolean;
  readonly report: WorkspaceReport;
}

/** Saves the URL, sends one run, waits for it and its retries. */
export async function sendOnce({ options, subscription, send, signal }: Errand): Promise<Verdict> {
  const workspace = createWorkspace(options);
  const stop = () => void workspace.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { saved } = await workspace.saveUrl(subscription);
    if (!saved) return { good: false, report: workspace.report() };
    const started = workspace.send(send);
    if (started.kind === 'refused') throw new Error(`sending refused: ${started.reason}`);
    const { state } = await started.finished;
    const report = workspace.report();
    return { good: state === 'finished' && isFlawless(report), report };
  } finally {
    signal.removeEventListener('abort', stop);
    await workspace.close();
  }
}

/** Whether Intercom, its retries included, has nothing to complain about. */
export function isFlawless({ intercom }: Pick<WorkspaceReport, 'intercom'>): boolean {
  const { lostAfterRetry, dropped, acceptedForgeries, disabled } = intercom;
  return lostAfterRetry === 0 && dropped === 0 && acceptedForgeries === 0 && !disabled;
}

import type { AttemptLine } from './ledger.ts';
import { isSuccess } from './penalties/outcome.ts';
import type { ErrandReport } from './send-once.ts';

/** @returns what there is to complain about, one sentence each; nothing where Intercom would be content */
export function complaints(report: Pick<ErrandReport, 'run' | 'lastSave' | 'intercom' | 'drops'>): readonly string[] {
  const { run, lastSave, intercom, drops } = report;
  if (lastSave === null) return ['interrupted before the URL was saved'];
  if (!lastSave.saved) return [`the URL was not saved: HEAD was answered ${said(lastSave.head)}; Intercom wants 200`];
  const { lostAfterRetry, dropped, acceptedForgeries } = intercom;
  const reasons = Object.entries(drops).map(([reason, count]) => `${count} ${reason}`);
  return [
    ...aboutEnd(run),
    ...aboutPing(lastSave.ping),
    ...(lostAfterRetry > 0 ? [`${lostAfterRetry} lost: the retry failed too`] : []),
    ...(dropped > 0 ? [`${dropped} dropped: ${reasons.join(', ')}`] : []),
    ...(acceptedForgeries > 0 ? [`forgeries answered 2xx: ${acceptedForgeries}; signatures are not checked`] : []),
  ];
}

function aboutEnd(run: ErrandReport['run']): readonly string[] {
  if (run?.state === 'stopped') return [`interrupted: ${run.sent} of ${run.planned} were sent`];
  if (run?.state === 'disabled') return [`an answer 410 ended the run: ${run.sent} of ${run.planned} were sent`];
  return [];
}

function aboutPing(ping: AttemptLine | null): readonly string[] {
  if (ping === null || isSuccess(ping.status ?? 0)) return [];
  const hint = ping.status === 401 || ping.status === 403 ? '; have both sides the same client secret?' : '';
  return [`the ping was answered ${said(ping)}${hint}`];
}

const said = ({ status, error }: AttemptLine): string => String(status ?? error);

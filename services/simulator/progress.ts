import type { RunProgress } from './run.ts';

/** Where a run is, for a log line. */
export function progressFields({ sent, planned, inFlight, awaitingRetry, held, report }: RunProgress) {
  const { delivered, errors, dropped } = report.intercom;
  return { sent, planned, delivered, errors, dropped, inFlight, awaitingRetry, held };
}

/** Where a run is, in one line for a person; what is nought is left out. */
export function progressLine(progress: RunProgress): string {
  const { sent, planned, delivered, ...rest } = progressFields(progress);
  const labels = {
    errors: 'errors',
    dropped: 'dropped',
    inFlight: 'in flight',
    awaitingRetry: 'to retry',
    held: 'held',
  };
  const parts = Object.entries(labels).map(([field, label]) => ({ count: rest[field as keyof typeof rest], label }));
  const shown = parts.filter(({ count }) => count > 0).map(({ count, label }) => `${count} ${label}`);
  return [`sent ${sent} of ${planned}`, `${delivered} delivered`, ...shown].join(', ');
}

/** What an operator of the spool wants to know beside the answers of its methods. */
export type SpoolEvent =
  /** Bytes that were no record, or none that could be read. `file` is null where too many were set aside before. */
  | { kind: 'set-aside'; segment: string; offset: number; bytes: number; records: number; file: string | null }
  /** A record of which nothing was confirmed stood unfinished at the end of a segment. */
  | { kind: 'torn-tail'; segment: string; offset: number }
  /** Writing to a segment failed: it is read, and never written again. */
  | { kind: 'abandoned'; segment: string; error: Error }
  /** Something that nobody waits for failed, and will be tried again when it is due again. */
  | { kind: 'failed'; task: BackgroundTask; error: Error };

export type OnSpoolEvent = (event: SpoolEvent) => void;

export type BackgroundTask = 'checkpoint' | 'prepare' | 'retire' | 'wipe';

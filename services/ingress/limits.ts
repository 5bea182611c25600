const MIB = 1024 * 1024;

/**
 * What one ingress holds at most at a time, whatever is sent. Resident, as measured with Node.js 26:
 *
 *     the process itself                                      90 MB
 *     2 048 connections of 32 KB, headers included            66 MB
 *     bodies of which something is still to come              34 MB
 *     notifications that wait for the broker or the disk      34 MB
 *
 * Beside it stands what is not collected yet: the more is thrown away a second, the more of it.
 */
export interface Limits {
  /** Further ones are closed unanswered. Ten times what 1 000 notifications a second need at 200 ms each. */
  readonly maxConnections: number;
  /** While more are open, none is kept after its answer: what is left over is for those that send something. */
  readonly maxKeptConnections: number;
  /** Of one request; more are answered 431. 2 200 of seven bytes each, as 16 KiB hold them, take 290 KB. */
  readonly maxHeaders: number;
  /** Of all connections together. Two bodies of the largest size that a resource can allow. */
  readonly maxUnfinishedBytes: number;
  /** Of bodies, and {@link WAITING_OVERHEAD_BYTES} for each: 5 s of 1 000 a second with 2 KB. */
  readonly maxWaitingBytes: number;
  /** Of bodies that go to the broker one by one, as the spool does not take them: 2 000 of 2 KB. */
  readonly maxAloneBytes: number;
}

export const LIMITS: Limits = {
  maxConnections: 2_048,
  maxKeptConnections: 1_536,
  maxHeaders: 128,
  maxUnfinishedBytes: 32 * MIB,
  maxWaitingBytes: 32 * MIB,
  maxAloneBytes: 4 * MIB,
};

/** Request, response, headers and envelope of one that waits. */
export const WAITING_OVERHEAD_BYTES = 4_096;

/**
 * Connections that the kernel holds until they are accepted. Of so many new ones the last waits a second at 1 000 a second;
 * in a longer queue senders would have given up when their turn comes.
 */
export const BACKLOG = 1_024;

/** A call as the handler saw it; its id is `<key>/<number>`. */
export interface TimedCall {
  readonly id: string;
  readonly beganMs: number;
  endedMs: number;
  /** Answered 2xx. */
  isTaken?: boolean;
}

export interface OrderReport {
  readonly lost: string[];
  /** Called before an earlier one of their key had been taken. */
  readonly outOfOrder: string[];
  /** Called while another call of their key was under way. */
  readonly overlapping: string[];
  /** Called again after they had been taken. */
  readonly handledTwice: string[];
}

const keyOf = (id: string): string => id.slice(0, id.indexOf('/'));

/** Compares what was called with what was stored. @param ids in the order of the stream */
export function orderReport(ids: readonly string[], calls: readonly TimedCall[]): OrderReport {
  const takenMs = new Map<string, number>();
  for (const { id, endedMs, isTaken } of calls) {
    if (isTaken) takenMs.set(id, Math.min(endedMs, takenMs.get(id) ?? Infinity));
  }
  const before = new Map<string, string>();
  const last = new Map<string, string>();
  for (const id of ids) {
    const earlier = last.get(keyOf(id));
    if (earlier !== undefined) before.set(id, earlier);
    last.set(keyOf(id), id);
  }
  const known = calls.filter(({ id }) => ids.includes(id));
  const isEarly = ({ id, beganMs }: TimedCall) => {
    const earlier = before.get(id);
    return earlier !== undefined && beganMs < (takenMs.get(earlier) ?? Infinity);
  };
  const isBeside = (call: TimedCall) =>
    known.some(
      (other) =>
        other !== call &&
        keyOf(other.id) === keyOf(call.id) &&
        other.beganMs < call.beganMs &&
        other.endedMs > call.beganMs,
    );
  const idsOf = (some: readonly TimedCall[]) => [...new Set(some.map(({ id }) => id))];
  return {
    lost: ids.filter((id) => !takenMs.has(id)),
    outOfOrder: idsOf(known.filter(isEarly)),
    overlapping: idsOf(known.filter(isBeside)),
    handledTwice: idsOf(known.filter(({ id, beganMs }) => beganMs > (takenMs.get(id) ?? Infinity))),
  };
}

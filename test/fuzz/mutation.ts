/** One change to the bytes of a request. Places are fractions of its length, so that they fit any request. */
export type Mutation =
  | { kind: 'flip'; at: number; mask: number }
  | { kind: 'cut'; at: number; length: number }
  | { kind: 'insert'; at: number; bytes: Buffer }
  | { kind: 'repeat'; at: number; length: number; times: number }
  | { kind: 'splice'; at: number; other: Buffer; from: number }
  | { kind: 'drop-line'; line: number }
  | { kind: 'move-line'; line: number; to: number }
  | { kind: 'copy-line'; line: number; to: number };

/** What one request may grow to. Bodies at the limit are in the table of bad input; here they would only cost time. */
const MAX_BYTES = 64 * 1024;

export const mutate = (bytes: Buffer, mutations: readonly Mutation[]): Buffer =>
  mutations.reduce((current, mutation) => apply(current, mutation).subarray(0, MAX_BYTES), bytes);

function apply(bytes: Buffer, mutation: Mutation): Buffer {
  switch (mutation.kind) {
    case 'flip': {
      const changed = Buffer.from(bytes);
      const at = placeIn(bytes.length - 1, mutation.at);
      if (changed.length > 0) changed[at] = (changed[at] ?? 0) ^ mutation.mask;
      return changed;
    }
    case 'cut': {
      const at = placeIn(bytes.length, mutation.at);
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + mutation.length)]);
    }
    case 'insert': {
      const at = placeIn(bytes.length, mutation.at);
      return Buffer.concat([bytes.subarray(0, at), mutation.bytes, bytes.subarray(at)]);
    }
    case 'repeat': {
      const at = placeIn(bytes.length, mutation.at);
      const piece = bytes.subarray(at, at + mutation.length);
      return Buffer.concat([
        bytes.subarray(0, at),
        ...Array.from({ length: mutation.times }, () => piece),
        bytes.subarray(at),
      ]);
    }
    case 'splice': {
      const { at, other, from } = mutation;
      return Buffer.concat([bytes.subarray(0, placeIn(bytes.length, at)), other.subarray(placeIn(other.length, from))]);
    }
    case 'drop-line':
      return ofLines(bytes, (lines) => lines.toSpliced(placeIn(lines.length - 1, mutation.line), 1));
    case 'move-line':
      return ofLines(bytes, (lines) => {
        const from = placeIn(lines.length - 1, mutation.line);
        const rest = lines.toSpliced(from, 1);
        return rest.toSpliced(placeIn(rest.length, mutation.to), 0, ...lines.slice(from, from + 1));
      });
    case 'copy-line':
      return ofLines(bytes, (lines) => {
        const from = placeIn(lines.length - 1, mutation.line);
        return lines.toSpliced(placeIn(lines.length, mutation.to), 0, ...lines.slice(from, from + 1));
      });
  }
}

/** `fraction` is 0 … 1. */
const placeIn = (length: number, fraction: number): number => Math.max(0, Math.round(fraction * length));

/** One character a byte, so that nothing is lost on the way to text and back. */
const ofLines = (bytes: Buffer, change: (lines: readonly string[]) => string[]): Buffer =>
  Buffer.from(change(bytes.toString('latin1').split('\r\n')).join('\r\n'), 'latin1');

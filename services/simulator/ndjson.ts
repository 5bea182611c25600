/** Lines that are written in one go; between two goes the event loop sends notifications. */
const LINES_PER_CHUNK = 200;

/** One JSON document a line, many lines a chunk. */
export function* ndjson(lines: Iterable<object>): Generator<string, void, undefined> {
  let chunk: string[] = [];
  for (const line of lines) {
    chunk.push(`${JSON.stringify(line)}\n`);
    if (chunk.length < LINES_PER_CHUNK) continue;
    yield chunk.join('');
    chunk = [];
  }
  yield chunk.join('');
}

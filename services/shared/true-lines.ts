/** Where something in a bundle came from; what {@link file://./install-true-lines.ts} takes of Node's `SourceMap`. */
export interface Origins {
  /** Both from 0. An empty object where nothing is known. */
  findEntry(line: number, column: number): object;
}

/** A place in a bundle, as stack traces have it. */
const PLACE = /(?<url>file:\/\/[^\s()]+\.mjs):(?<line>\d+):(?<column>\d+)/g;

/**
 * A stack trace with our files and lines in the place of those of bundles: `services/ingress/config.ts:12:9`. Of a
 * dependency only the file is known. What no map speaks of stays as it is.
 */
export const withTrueLines = (trace: string, originsOf: (url: string) => Origins | null): string =>
  trace.replaceAll(PLACE, (place: string, url: string, line: string, column: string) => {
    const entry = originsOf(url)?.findEntry(Number(line) - 1, Number(column) - 1) ?? {};
    if (!('originalSource' in entry && 'originalLine' in entry && 'originalColumn' in entry)) return place;
    const source = String(entry.originalSource);
    if (source.includes('node_modules/')) return source;
    return `${source}:${Number(entry.originalLine) + 1}:${Number(entry.originalColumn) + 1}`;
  });

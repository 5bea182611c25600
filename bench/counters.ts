/** Sums of a counter by some of its labels: `POST configmaps` → 12. */
export type Counts = ReadonlyMap<string, number>;

/** Reads the Prometheus text format. Series that have the same values of `labels` are added; order is that of `labels`. */
export function countsOf(text: string, name: string, labels: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue;
    const end = line.lastIndexOf(' ');
    const found = new Map(
      Array.from(line.slice(0, end).matchAll(/(\w+)="([^"]*)"/g), ([, key, value]) => [key, value]),
    );
    const place = labels.flatMap((label) => found.get(label) || []).join(' ');
    counts.set(place, (counts.get(place) ?? 0) + Number(line.slice(end + 1)));
  }
  return counts;
}

/** What has grown from one reading to the next, and by how much; the most first. */
export function grown(before: Counts, after: Counts): Counts {
  const all = Array.from(after, ([place, value]) => [place, value - (before.get(place) ?? 0)] as const);
  return new Map(all.filter(([, more]) => more > 0).toSorted(([, a], [, b]) => b - a));
}

export const sumOf = (counts: Counts, isMeant: (place: string) => boolean = () => true): number =>
  Array.from(counts).reduce((sum, [place, value]) => sum + (isMeant(place) ? value : 0), 0);

export const textOf = (counts: Counts): string =>
  Array.from(counts, ([place, value]) => `${place} ${Number(value.toFixed(1))}`).join(', ') || 'none';

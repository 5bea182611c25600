/** One figure of a bench, as every bench prints it: `name value unit`, one a line. */
export const printFigure = (name: string, value: number, unit: string): void =>
  void process.stdout.write(`${name} ${value < 10 ? value.toFixed(2) : Math.round(value)} ${unit}\n`);

/** What a bench does meanwhile goes to stderr, so that stdout holds figures alone. */
export const note = (line: string): void => void process.stderr.write(`· ${line}\n`);

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** Figures by name, with the value of each round, and the unit that they are in. */
export type Series = Readonly<Record<string, { readonly values: readonly number[]; readonly unit: string }>>;

/** The median of each; the least, the median and the most go to stderr. */
export function printSeries(series: Series): void {
  for (const [name, { values, unit }] of Object.entries(series)) {
    const sorted = values.toSorted((a, b) => a - b);
    note(`${name}: ${[sorted.at(0), median(values), sorted.at(-1)].map((value) => value?.toFixed(2)).join(' / ')}`);
    printFigure(name, median(values), unit);
  }
}

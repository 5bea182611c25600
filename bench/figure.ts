/** One figure of a bench, as every bench prints it: `name value unit`, one a line. */
export const printFigure = (name: string, value: number, unit: string): void =>
  void process.stdout.write(`${name} ${value < 10 ? value.toFixed(2) : Math.round(value)} ${unit}\n`);

/** What a bench does meanwhile goes to stderr, so that stdout holds figures alone. */
export const note = (line: string): void => void process.stderr.write(`· ${line}\n`);

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

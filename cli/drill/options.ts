import { Command, InvalidArgumentError, Option } from 'commander';

export interface Options {
  readonly list: boolean;
  /** Empty: all. */
  readonly only: readonly string[];
  readonly short: boolean;
  readonly seed: number;
  readonly rate: number;
  /** Seconds. */
  readonly duration: number;
  readonly json: boolean;
  /** A folder to write what was seen into. */
  readonly evidence?: string;
}

/** Reads the command line; prints help or what is wrong, and ends the process, where there is nothing to run. */
export function readOptions(names: readonly string[]): Options {
  const only = new Option('--only <name>', 'this drill; may be given again (default: all)')
    .default([] as readonly string[], '')
    .argParser((name: string, before: readonly string[]) => {
      if (!names.includes(name)) throw new InvalidArgumentError(`there are ${names.join(', ')}`);
      return [...before, name];
    });
  return new Command('drill')
    .description('Breaks things under load, on real processes of this machine, and judges what came of it')
    .option('--list', 'print the drills, and run none', false)
    .addOption(only)
    .option('--short', 'those that need only a few seconds', false)
    .option('--seed <number>', 'same seed: same notifications, same random faults', whole(0, 0xffff_ffff), 1)
    .option('--rate <number>', 'notifications a second', whole(10, 1_000), 200)
    .option('--duration <seconds>', 'of the drill "random"', whole(10, 3_600), 600)
    .option('--evidence <folder>', 'keep there what each drill was judged by, and what its processes logged')
    .option('--json', 'one JSON object a line instead of the table', false)
    .addHelpText('after', '\nExit status: 0 when every promise held, 1 when one was broken or a drill showed nothing.')
    .showHelpAfterError()
    .parse()
    .opts<Options>();
}

const whole =
  (from: number, to: number) =>
  (text: string): number => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= from && value <= to)) throw new InvalidArgumentError(`must be a whole number, ${from} to ${to}`);
    return value;
  };

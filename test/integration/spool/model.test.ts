import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { commands, type Model, newModel, type Real } from './commands.ts';
import { newFolder, openSpool } from './setup.ts';

it('is a list: what was confirmed is there, in order, and nothing else, through restarts and crashes', async () => {
  const seen = { crashes: 0, damaged: 0 };
  const property = fc.asyncProperty(commands, async (list) => {
    const setup = async (): Promise<{ model: Model; real: Real }> => {
      const folder = newFolder();
      return { model: newModel(), real: { folder, ...(await openSpool(folder)), seen } };
    };
    let real: Real | undefined;
    await fc.asyncModelRun(async () => {
      const made = await setup();
      real = made.real;
      return made;
    }, list);
    await real?.spool.close();
  });
  await fc.assert(property, { numRuns: 100, interruptAfterTimeLimit: 40_000 });
  // What was not tried was not shown.
  expect(seen.crashes).toBeGreaterThan(5);
  expect(seen.damaged).toBeGreaterThan(0);
});

import { onTestFinished } from 'vitest';
import {
  type ControllerOptions,
  createController,
  type Ended,
  type Reconcile,
} from '#operator/controller/controller.ts';
import type { ObjectKey } from '#operator/kube/store.ts';
import type { Leadership } from '#operator/leader/campaign.ts';
import type { Outcome } from '#operator/outcome.ts';
import { createFakeClock } from '#test/support/fake-clock.ts';

export const DONE: Outcome = { kind: 'done' };

export function term() {
  const controller = new AbortController();
  const leadership: Leadership = { signal: controller.signal, isHeld: () => !controller.signal.aborted };
  return { leadership, lose: () => controller.abort(new Error('lost')) };
}

/** A controller with a clock that stands still, and what it did. */
export function scene(
  reconcile: Reconcile,
  { keys = [] as ObjectKey[], ...options }: Partial<Omit<ControllerOptions, 'keys'>> & { keys?: ObjectKey[] } = {},
) {
  const clock = createFakeClock();
  const ended: Ended[] = [];
  const stuck: ObjectKey[] = [];
  const controller = createController({
    keys: () => keys,
    clock,
    random: () => 0,
    onOutcome: (end) => ended.push(end),
    onStuck: (key) => stuck.push(key),
    ...options,
  });
  const lead = () => {
    const { leadership, lose } = term();
    const led = controller.lead(leadership, reconcile);
    onTestFinished(async () => {
      lose();
      await led;
    });
    return { lose, led };
  };
  const kinds = () => ended.map(({ outcome }) => outcome.kind);
  return { clock, controller, ended, stuck, lead, kinds, keys };
}

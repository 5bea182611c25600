import type { Item } from './scene.ts';

/** What notifications of a deletion hold, but for a few: which one it was, and no more. */
export function deleted(type: string, id: string | number): Item {
  return { type, id, deleted: true };
}

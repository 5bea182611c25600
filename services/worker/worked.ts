/** What is to become of a message after one try to handle it. */
export type Worked =
  /** Handled, skipped or durably given up: it can be acknowledged. */
  | { readonly kind: 'over' }
  /** To be tried again. `held`: another works on it, and may be done any moment. `store-away`: so will all others be. */
  | { readonly kind: 'later'; readonly delayMs: number; readonly because: Because };

type Because = 'retry' | 'held' | 'store-away' | 'trouble';

export const OVER: Worked = { kind: 'over' };

export const later = (delayMs: number, because: Because): Worked => ({ kind: 'later', delayMs, because });

/** What came of one pass over one resource. The controller has the only switch over it. */
export type Outcome =
  | { readonly kind: 'done' }
  /**
   * Nothing failed, but it is not over: look again then, or sooner if something changes. What is only looked at again because
   * no watch tells of it waits for what has changed.
   */
  | { readonly kind: 'requeue'; readonly afterMs: number; readonly reason: string; readonly isRoutine?: true }
  /** A person has to change something first; that change brings the resource back. */
  | { readonly kind: 'blocked'; readonly reason: string; readonly message: string }
  /** To be tried again, later with each failure in a row. */
  | { readonly kind: 'failed'; readonly error: Error };

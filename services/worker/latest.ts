/** About 5 MB. */
const MAX_KEYS = 50_000;

/**
 * The newest `created_at` that was handled for each key. As far as this process knows: it begins anew with each start and
 * each takeover, and the keys that were quiet for longest are forgotten.
 */
export class Latest {
  readonly #createdAt = new Map<string, number>();

  /** Whether something newer of the key was handled before. @param createdAt Unix seconds, or null */
  isStale(key: string, createdAt: number | null): boolean {
    return createdAt !== null && createdAt < (this.#createdAt.get(key) ?? 0);
  }

  handled(key: string, createdAt: number | null): void {
    const newest = Math.max(createdAt ?? 0, this.#createdAt.get(key) ?? 0);
    this.#createdAt.delete(key);
    const [quietest] = this.#createdAt.keys();
    if (quietest !== undefined && this.#createdAt.size >= MAX_KEYS) this.#createdAt.delete(quietest);
    this.#createdAt.set(key, newest);
  }
}

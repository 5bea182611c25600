import { ClaimStoreUnavailable } from '#services/worker/claims/port.ts';
import type { RecordStore, Written } from '#services/worker/claims/record-store.ts';

/** What becomes of a request: answered; never arrived; done but not answered; done after it was given up on. */
export type Fate = 'answered' | 'lost' | 'unanswered' | 'late';

export interface FaultyStore extends RecordStore {
  value(): string | null;
  /** Requests so far. */
  requests(): number;
}

/**
 * A store of one record that never ages, where requests meet the fates given, one after the other, and are answered
 * once the fates are used up. `turn` stands for the way there and the way back, and lets requests overtake each other.
 */
export function faultyStore(
  fates: Iterator<Fate>,
  turn: () => Promise<unknown> = () => Promise.resolve(),
  reachableForMs = () => Number.POSITIVE_INFINITY,
): FaultyStore {
  let revision = 0;
  let value: string | null = null;
  let requests = 0;
  const late: (() => void)[] = [];

  const set = (next: string, over: number): Written => {
    if (over !== revision) return { kind: 'conflict' };
    revision += 1;
    value = next;
    return { kind: 'written', revision };
  };

  const request = async <T>(arrive: () => T): Promise<T> => {
    requests += 1;
    await turn();
    for (const apply of late.splice(0)) apply();
    const fate = fates.next().value ?? 'answered';
    const answer = fate === 'answered' || fate === 'unanswered' ? { is: arrive() } : null;
    if (fate === 'late') late.push(arrive);
    await turn();
    if (fate !== 'answered' || answer === null) throw new ClaimStoreUnavailable('no answer');
    return answer.is;
  };

  return {
    create: (_key, next) => request(() => set(next, 0)),
    update: (_key, next, over) => request(() => set(next, over)),
    get: () => request(() => (value === null ? null : { value, revision, ageMs: () => Promise.resolve(0) })),
    reachableForMs,
    close: () => Promise.resolve(),
    value: () => value,
    requests: () => requests,
  };
}

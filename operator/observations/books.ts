import type { ObjectKey } from '../kube/store.ts';
import { coarse } from './coarse.ts';
import type { Fetched, Source } from './fetch-observation.ts';
import { EMPTY_LEDGER, entered, isOver, type Ledger, merged, type Observations, type PodState } from './ledger.ts';
import type { SecretKeyRef } from './seen.ts';

/** A pod of a receiver. */
export interface Target extends Source {
  /** The keys that it has mounted to verify signatures, by their place. */
  readonly signing: readonly SecretKeyRef[];
}

interface Book {
  ledger: Ledger;
  readonly pods: Map<string, PodState>;
  /** Whether each pod was tried once: half of the replicas would tell of errors, and not of the 200 behind them. */
  isOpen: boolean;
  /** {@link coarse} when it was told last. */
  told: string;
}

export interface BooksOptions {
  /** Of the calendar. */
  readonly date: () => Date;
  readonly onChange: (webhook: ObjectKey) => void;
}

/** What was read of every webhook's receivers. */
export class Books {
  readonly #books = new Map<ObjectKey, Book>();
  readonly #date: () => Date;
  readonly #onChange: (webhook: ObjectKey) => void;

  constructor({ date, onChange }: BooksOptions) {
    this.#date = date;
    this.#onChange = onChange;
  }

  /** Null until each pod was tried once. */
  of(webhook: ObjectKey): Observations | null {
    const book = this.#books.get(webhook);
    return book === undefined || !book.isOpen ? null : merged(book.ledger, book.pods, this.#nowSecond());
  }

  isUnread({ webhook, pod }: Source): boolean {
    return this.#books.get(webhook)?.pods.get(pod) === 'unread';
  }

  countUnread(): number {
    const states = Array.from(this.#books.values(), ({ pods }) => [...pods.values()]).flat();
    return states.filter((state) => state === 'unread').length;
  }

  /** From now on these pods are there, and no others. A webhook without any is forgotten once nothing of it counts. */
  register(present: readonly Target[]): void {
    for (const { webhook, pod } of present) {
      const { pods } = this.#open(webhook);
      if (!pods.has(pod)) pods.set(pod, 'untried');
    }
    const there = new Set(present.map(podId));
    for (const [webhook, book] of this.#books) {
      for (const pod of book.pods.keys()) if (!there.has(podId({ webhook, pod }))) book.pods.delete(pod);
      if (book.pods.size === 0 && isOver(book.ledger, this.#nowSecond())) this.#books.delete(webhook);
      else this.#tell(webhook, book);
    }
  }

  enter({ webhook, pod, signing }: Target, fetched: Fetched): void {
    const book = this.#open(webhook);
    book.pods.set(pod, fetched.kind === 'read' ? 'read' : 'unread');
    if (fetched.kind === 'read') {
      book.ledger = entered(book.ledger, fetched.observation, { readAt: this.#nowSecond(), signing });
    }
    this.#tell(webhook, book);
  }

  #open(webhook: ObjectKey): Book {
    const book = this.#books.get(webhook) ?? { ledger: EMPTY_LEDGER, pods: new Map(), isOpen: false, told: '' };
    this.#books.set(webhook, book);
    return book;
  }

  #tell(webhook: ObjectKey, book: Book): void {
    book.isOpen ||= ![...book.pods.values()].includes('untried');
    if (!book.isOpen) return;
    const now = coarse(merged(book.ledger, book.pods, this.#nowSecond()), this.#nowSecond());
    if (now === book.told) return;
    book.told = now;
    this.#onChange(webhook);
  }

  #nowSecond(): number {
    return Math.floor(this.#date().getTime() / 1000);
  }
}

/** A pod has one name in the namespace of its webhook. */
export const podId = ({ webhook, pod }: Pick<Source, 'webhook' | 'pod'>): string => `${webhook}/${pod}`;

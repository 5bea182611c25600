import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** What it takes that nobody else opens the folder. */
export interface FolderLock {
  release: () => void;
}

export type Locking = { kind: 'locked'; lock: FolderLock } | { kind: 'taken' } | { kind: 'failed'; error: Error };

const SQLITE_BUSY = 5;

/**
 * Locks a folder for this process. The lock is the kernel's own, on an empty SQLite database: Node has no call for file
 * locks, SQLite does. It ends with the process, however that ends, so none is ever stale; and it does not know process
 * ids, which say nothing between containers, where everybody is number 1. Two on one machine exclude each other, in one
 * pod or two; on a network file system it is as good as that system's locks.
 *
 * Nothing else may open the file: POSIX drops a process's locks on a file when it closes any descriptor of it.
 */
export function lockFolder(folder: string): Locking {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 });
    // Exclusive, and never committed: nothing is written.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    const held = database;
    return { kind: 'locked', lock: { release: () => held.close() } };
  } catch (error) {
    database?.close();
    if (isBusy(error)) return { kind: 'taken' };
    return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;

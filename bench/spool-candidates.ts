import { DatabaseSync } from 'node:sqlite';
import type { SpoolRecord } from '#services/ingress/spool/record.ts';
import type { AppendResult } from '#services/ingress/spool/refusal.ts';
import { Spool } from '#services/ingress/spool/spool.ts';

/** Something that makes records durable. */
export interface Candidate {
  /** Returns when as many new records are durable. */
  append: (count: number) => Promise<void>;
  /** Lets go of everything that was appended. */
  forget: () => Promise<void>;
  close: () => Promise<void>;
}

const MAX_BYTES = 1024 * 1024 * 1024;

const RECORD: SpoolRecord = {
  stream: 'events',
  subject: 'icw.crm-support-c47f6a3fdd.n.17.conversation.user.created',
  key: 'conversation/123456789',
  headers: [
    ['Nats-Msg-Id', 'abc12345:notif_0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0'],
    ['Icw-Topic', 'conversation.user.created'],
    ['Icw-Received-At', '1700000000000'],
  ],
  body: Buffer.alloc(2048, 'x'),
};

/** @throws Error where the folder cannot be used, and when a record is refused */
export async function openSpool(folder: string): Promise<Candidate> {
  const opened = await Spool.open({ folder, maxBytes: MAX_BYTES });
  if (opened.kind !== 'opened') throw new Error(`the spool is ${opened.kind}`);
  const { spool } = opened;
  const forget = async (): Promise<void> => {
    for (;;) {
      const records = await spool.oldest(1000);
      if (records.length === 0) return;
      spool.remove(records.map(({ seq }) => seq));
    }
  };
  const append = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      let left = count;
      const done = (result: AppendResult): void => {
        if (result.kind === 'refused') return reject(result.error);
        left -= 1;
        if (left === 0) resolve();
      };
      for (let i = 0; i < count; i += 1) spool.append(RECORD, done);
    });
  return { append, forget, close: () => spool.close() };
}

/** One transaction for all that wait, as one would write it. */
export function openSqlite(path: string): Candidate {
  const database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE record (seq INTEGER PRIMARY KEY, at INTEGER, stream TEXT, subject TEXT, key TEXT, headers TEXT, body BLOB)`);
  const insert = database.prepare(
    'INSERT INTO record (at, stream, subject, key, headers, body) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const { stream, subject, key, headers, body } = RECORD;
  return {
    append: async (count) => {
      database.exec('BEGIN');
      for (let i = 0; i < count; i += 1) insert.run(Date.now(), stream, subject, key, JSON.stringify(headers), body);
      database.exec('COMMIT');
      // As long as it is asked again at once, nobody else would ever run.
      await new Promise((resolve) => setImmediate(resolve));
    },
    forget: async () => database.exec('DELETE FROM record'),
    close: async () => database.close(),
  };
}

import type { SpoolRecord } from '#services/ingress/spool/record.ts';

/** The `i`-th record of a test: no two are the same. */
export const record = (i: number, bodyBytes = 100, key = `k/${i}`): SpoolRecord => ({
  stream: i % 7 === 0 ? 'dead-letters' : 'events',
  subject: `icw.a.n.00.${i}`,
  key,
  headers: [['Nats-Msg-Id', `app:${i}`]],
  body: Buffer.from(`<${i}>`.padEnd(bodyBytes, 'x')),
});

/** The first ones. */
export const records = (count: number, bodyBytes = 100): SpoolRecord[] =>
  Array.from({ length: count }, (_, i) => record(i + 1, bodyBytes));

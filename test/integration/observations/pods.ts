import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import { Registry } from 'prom-client';
import { systemClock } from '#operator/clock.ts';
import type { Target } from '#operator/observations/books.ts';
import { createObservationMetrics } from '#operator/observations/metrics.ts';
import { createObservationReader, type ObservationReader } from '#operator/observations/reader.ts';

export const WEBHOOK = 'crm/support';

export const target = (pod: string, url: string): Target => ({
  webhook: WEBHOOK,
  pod,
  url,
  signing: [
    { name: 'intercom', key: 'current' },
    { name: 'intercom', key: 'next' },
  ],
});

export interface Running {
  readonly reader: ObservationReader;
  /** Webhooks that were told to have changed. */
  readonly changes: string[];
  /** Pods of this list are there; it may be changed. */
  readonly targets: Target[];
  /** How often a reading had this result. */
  reads: (result: string) => Promise<number>;
  unreadPods: () => Promise<number>;
  close: () => Promise<void>;
}

/** A reader that has begun to read, twenty times a second. */
export function startReader(targets: Target[]): Running {
  const registry = new Registry();
  const changes: string[] = [];
  const ending = new AbortController();
  const metrics = createObservationMetrics(registry, () => reader.unread());
  const reader = createObservationReader({
    targets: () => targets,
    everyMs: 50,
    clock: systemClock,
    date: () => new Date(),
    onChange: (webhook) => changes.push(webhook),
    onRead: metrics.onRead,
  });
  const running = reader.run(ending.signal);
  const valuesOf = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values ?? [];
  return {
    reader,
    changes,
    targets,
    reads: async (result) => {
      const values = await valuesOf('intercom_operator_observation_reads_total');
      return values.find(({ labels }) => labels['result'] === result)?.value ?? Number.NaN;
    },
    unreadPods: async () => (await valuesOf('intercom_operator_observation_unread_pods'))[0]?.value ?? Number.NaN,
    close: async () => {
      ending.abort(new Error('the test is over'));
      await running;
    },
  };
}

const servers: (Server | SocketServer)[] = [];

/** Something at a pod's address that answers as it likes. @returns its URL */
export const startPod = (answer: (response: ServerResponse) => void): Promise<string> =>
  listening(createServer((_request, response) => answer(response)));

/** One that takes connections and never says a word. */
export const startSilentPod = (): Promise<string> => listening(createSocketServer((socket) => void socket.resume()));

async function listening(server: Server | SocketServer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  servers.push(server);
  server.once('error', reject);
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** For the end of a test, when the reader has ended. */
export async function closePods(): Promise<void> {
  for (const server of servers.splice(0)) {
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    await promise;
  }
}

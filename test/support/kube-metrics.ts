import type { Connection } from '#operator/kube/connection.ts';
import { createTransport, readBody } from '#operator/kube/transport.ts';
import { soon } from './kube.ts';

const MAX_BYTES = 64 * 1024 * 1024;

/** The sum of all series of the API server's own metric that have these labels; 0 where there is none. */
export async function serverMetric(
  admin: Connection,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const transport = createTransport(admin, 'test');
  try {
    const response = await transport.send({ method: 'GET', path: '/metrics' }, soon().signal);
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return String(await readBody(response, MAX_BYTES))
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) && wanted.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  } finally {
    transport.close();
  }
}

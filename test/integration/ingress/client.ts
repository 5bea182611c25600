import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Answered } from './setup.ts';

const agent = new Agent({ keepAlive: false });

export interface Sending {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Any method on any path, as written: nothing is normalised on the way. */
export function send(port: number, method: string, path: string, sending: Sending = {}): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>();
  const { headers = {}, body = '' } = sending;
  const outgoing = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent }, (response) => {
    text(response).then(
      (answer) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer }),
      reject,
    );
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

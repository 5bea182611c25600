import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Call } from '#cli/judge/judge.ts';

type Entry = { -readonly [Field in keyof Call]: Call[Field] };

/** Long enough that at a hundred notifications a second some calls are always under way. */
const TAKES_MS = 20;

/** What a handler of the cluster passes its calls on to: it runs here, so that no pod's end can take the evidence with it. */
export interface Recorder {
  readonly url: string;
  /** A call's `pod` is the address of the pod that it came from: as that pod says, for a node may put its own in its place. */
  readonly calls: readonly Call[];
  close(): Promise<void>;
}

const POD_HEADER = 'x-pod-address';

/** Listens on an address that pods reach. Every call is answered 200 after a moment. */
export async function startRecorder(host: string): Promise<Recorder> {
  const calls: Entry[] = [];
  const server = createServer((request, response) => {
    const idempotencyKey = String(request.headers['idempotency-key']);
    const call: Entry = {
      pod: String(request.headers[POD_HEADER]),
      idempotencyKey,
      beginMs: Date.now(),
      endMs: null,
    };
    calls.push(call);
    // Its first bytes are on their way only now; where nobody is left to take them, the call never ended.
    response.once('finish', () => {
      call.endMs = Date.now();
    });
    request.resume().once('end', () => void taken().then(() => response.writeHead(200).end()));
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://${host}:${port}/`, calls, close: () => closed(server) };
}

/** A handler is never done at once. */
const taken = (): Promise<unknown> => once(AbortSignal.timeout(TAKES_MS), 'abort');

async function closed(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** A handler's whole program: it passes each call on to the recorder, and the answer back. */
export const PASS_ON = `
import { Agent, createServer, request } from 'node:http';
import { networkInterfaces } from 'node:os';
const own = Object.values(networkInterfaces()).flat().find(({ family, internal }) => family === 'IPv4' && !internal).address;
const agent = new Agent({ keepAlive: true });
const server = createServer((call, answer) => {
  const headers = { ...call.headers, '${POD_HEADER}': own };
  const passed = request(process.env.RECORDER, { agent, method: call.method, headers }, (got) => {
    answer.writeHead(got.statusCode);
    got.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  call.pipe(passed);
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

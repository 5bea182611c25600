import { createServer, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';

/**
 * A handler in TypeScript without dependencies: listens on $PORT, gets one notification per POST.
 * 200: done, it never comes again. 4xx: never try again. 5xx: try again later. See docs/handlers.md.
 */
interface Notification {
  readonly topic: string;
  readonly data: { readonly item: { readonly type?: string } };
}

/** Your work goes here. `key` is the same whenever this notification comes again: use it to do things once. */
function handle(key: string, notification: Notification): object {
  return { topic: notification.topic, item: notification.data.item.type ?? null, idempotencyKey: key };
}

const read = async (request: IncomingMessage): Promise<Notification> => (await json(request)) as Notification;

const server = createServer((request, response) => {
  void read(request).then(
    (notification) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(handle(String(request.headers['idempotency-key']), notification)));
    },
    // The body will not be another one next time.
    () => response.writeHead(422).end(),
  );
});

server.listen(Number(process.env['PORT']), process.env['HOST'] ?? '0.0.0.0');
process.once('SIGTERM', () => server.close());

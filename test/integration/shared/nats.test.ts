import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { closeNats, connectNats } from '#shared/nats.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { startNatsServer } from '#test/support/nats-server.ts';
import { until } from '#test/support/until.ts';

describe('the connection to NATS', () => {
  trackLeaks();

  it('comes back after a time in which the server refused it', async () => {
    const open = await startNatsServer();
    const refusals: unknown[] = [];
    const logger = pino({ level: 'warn' }, { write: (line) => void refusals.push(line) });
    const connection = await connectNats(
      { urls: [open.url], name: 'test', credsFile: '', caFile: '', inboxPrefix: '_INBOX' },
      logger,
    );
    await open.stop();
    const closed = await startNatsServer({ port: open.port, config: { authorization: { user: 'a', password: 'b' } } });
    // The client gives up after the second where it is not told otherwise.
    await until(() => refusals.filter((line) => String(line).includes('Authorization Violation')).length >= 3, {
      describe: 'three refusals',
    });
    await closed.close();
    await open.restart();
    await until(() => connection.flush().then(() => true), { describe: 'an answer of the server' });
    expect(connection.isClosed()).toBe(false);
    await closeNats(connection);
    await open.close();
  });
});

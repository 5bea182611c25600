import { jetstream } from '@nats-io/jetstream';
import { expect, it } from 'vitest';
import { keepRoom } from '#cli/local/keep-room.ts';
import { STREAMS, SUBJECTS } from '#shared/contract.ts';
import { startBroker, TOKEN } from '#test/support/broker.ts';
import { trackLeaks } from '#test/support/leaks.ts';
import { until } from '#test/support/until.ts';
import { webhook } from '#test/support/webhook.ts';

trackLeaks();

it('looks after the streams of an installation on this machine, and says what it finds', async () => {
  const retention = { maxBytes: '1Mi' };
  const broker = await startBroker({ retention });
  const ending = new AbortController();
  const lines: string[] = [];
  const local = { webhooks: [{ webhook: webhook({ retention }) }], natsUrls: [broker.server.url] };
  const keeping = keepRoom(local, (line) => lines.push(line), ending.signal);
  try {
    const js = jetstream(broker.connection);
    // To the handler's first consumer, which nobody reads.
    const subject = SUBJECTS.notification(TOKEN, '00', 'conversation.user.replied');
    for (let i = 0; i < 9; i += 1) await js.publish(subject, Buffer.alloc(100_000));
    await until(() => lines.length > 0, { describe: 'a line', timeoutMs: 30_000 });
    const prefix = `${STREAMS.events(TOKEN)}: nearly full, and nothing can be given up: consumer support_`;
    expect(lines[0]).toMatch(new RegExp(`^${prefix}\\d has not acknowledged message 1$`));
  } finally {
    ending.abort();
    await keeping;
    await broker.close();
  }
});

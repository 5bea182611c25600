import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import type { Local } from '#cli/local/up.ts';
import { decodeRecord } from '#services/worker/claims/record.ts';
import { BUCKETS, webhookToken } from '#shared/contract.ts';

/** How many attempts all notifications of the first webhook have used up before the call that settled them, by their claims. */
export async function readAttempts({ natsUrls, webhooks }: Pick<Local, 'natsUrls' | 'webhooks'>): Promise<number> {
  const { namespace = '', name = '' } = webhooks[0]?.webhook.metadata ?? {};
  const connection = await connect({ servers: [...natsUrls] });
  try {
    const bucket = await new Kvm(jetstream(connection)).open(BUCKETS.claims(webhookToken(namespace, name)));
    let attempts = 0;
    for await (const entry of await bucket.history({ key: '>' })) attempts += decodeRecord(entry.string()).attempts;
    return attempts;
  } finally {
    await connection.close();
  }
}

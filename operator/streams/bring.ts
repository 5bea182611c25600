import type { IntercomWebhook } from '../api/v1alpha1.ts';
import { desiredStreams, type StreamFacts } from './desired.ts';
import type { StreamsKeeper, StreamsState } from './keeper.ts';

interface BringDeps {
  readonly streams: StreamsKeeper;
  readonly facts: { readonly streams: Omit<StreamFacts, 'uid'> };
}

/** Brings about what a resource needs in NATS. */
export const bringStreams = (webhook: IntercomWebhook, uid: string, deps: BringDeps): Promise<StreamsState> =>
  deps.streams.bring(
    { namespace: webhook.metadata.namespace, uid },
    desiredStreams(webhook, { ...deps.facts.streams, uid }),
  );

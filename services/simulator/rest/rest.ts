import { randomInt, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { epochMs } from '../clock.ts';
import { identify, type RunFacts, renderNotification } from '../notification.ts';
import type { Planned } from '../plan.ts';
import { buildRestApi } from './app.ts';
import { toldBy } from './conversation.ts';
import { type Conversations, createConversations } from './conversations.ts';
import { createTokens } from './tokens.ts';

/** How the REST API is served; the defaults are Intercom's own where it has some. */
export interface RestOptions {
  /** Default 0: a free one is picked. */
  readonly port?: number | undefined;
  /** Of the app whose URL is saved, unless that brings a token of its own. Until then of the workspace `simulat0r`. */
  readonly accessToken?: string | undefined;
  /** Of one app. Default 10 000, as at Intercom; granted in slices of ten seconds. */
  readonly callsPerMinute?: number | undefined;
  /** The share of replies, 0 … 1, that are answered with an error or not at all, made or not. Default 0. */
  readonly replyFaults?: number | undefined;
  /** Decides which replies those are. Drawn where absent. */
  readonly seed?: number | undefined;
}

/** The REST API, and what it has to know and to tell. */
export interface Rest {
  /** @returns the port. @throws where it is taken */
  readonly listen: (host: string) => Promise<number>;
  /** An app's URL was saved. @param accessToken from now on the app's, where one came along */
  readonly urlSaved: (appId: string, accessToken?: string) => void;
  /** Has to be told of every notification; those of others than Intercom count for nothing. */
  readonly witness: (planned: Planned, facts: RunFacts) => void;
  readonly replies: Conversations['replies'];
  readonly close: () => Promise<void>;
}

/** A conversation that was asked for costs a few kilobytes, one that was not only its place. */
const BOUNDS = { maxConversations: 20_000, maxReplies: 50_000, maxReplyBytes: 64 * 1024 * 1024 } as const;

/** Of the shapes that notifications have, the one the REST API has too. */
const REST_SHAPE = '2.14';

/** Opens no socket before `listen`. */
export function createRest(options: RestOptions, logger: Logger): Rest {
  const { port = 0, callsPerMinute = 10_000, replyFaults: share = 0, seed = randomInt(2 ** 32) } = options;
  const tokens = createTokens();
  const conversations = createConversations(BOUNDS);
  const faults = { seed, share };
  const app = buildRestApi({
    tokens,
    conversations,
    callsPerMinute,
    faults,
    nowMs: epochMs,
    newRequestId: randomUUID,
    logger,
  });

  function urlSaved(appId: string, accessToken = options.accessToken): void {
    if (accessToken !== undefined) tokens.grant(appId, accessToken);
  }

  urlSaved('simulat0r');
  return {
    urlSaved,
    async listen(host) {
      await app.listen({ host, port });
      return (app.server.address() as AddressInfo).port;
    },
    witness(planned, facts) {
      if (planned.kind !== 'good') return;
      const [type, id = ''] = identify(planned, facts).subjectKey.split('/');
      if (type !== 'conversation') return;
      const tell = () => toldBy(renderNotification(planned, { ...facts, apiVersion: REST_SHAPE }, 1));
      conversations.notified(facts.appId, id, tell);
    },
    replies: conversations.replies,
    close: () => app.close(),
  };
}

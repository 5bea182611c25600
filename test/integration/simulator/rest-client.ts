import { request } from 'undici';
import { expect } from 'vitest';
import { z } from 'zod';
import { ADMIN } from '#services/simulator/bodies/people.ts';
import type { SendInput } from '#services/simulator/requests.ts';
import type { RestOptions } from '#services/simulator/rest/rest.ts';
import type { Simulator } from '#services/simulator/simulator.ts';
import type { Receiver } from './receiver.ts';
import { sendAll, subscribed } from './setup.ts';

export const TOKEN = 'dG9rOnJlc3QtdGVzdA==';

export const comment = { type: 'admin', message_type: 'comment', admin_id: ADMIN.id, body: 'On its way!' } as const;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface Call {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A call with the token, on a connection of its own. @throws where no answer comes */
export async function call(
  intercom: Simulator,
  path: string,
  { method = 'GET', headers, body }: Call = {},
): Promise<Answer> {
  const answer = await request(`${intercom.rest?.url}${path}`, {
    method,
    reset: true,
    signal: AbortSignal.timeout(5000),
    headers: {
      authorization: `Bearer ${TOKEN}`,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.json() };
}

/** @throws where no answer comes */
export function reply(intercom: Simulator, conversation: string, body: unknown = comment): Promise<Answer> {
  return call(intercom, `/conversations/${conversation}/reply`, { method: 'POST', body });
}

/** A simulator that has sent a run, and serves the REST API to whoever has the token. */
export async function conversing(
  rest: RestOptions = {},
  run: Partial<SendInput> = {},
): Promise<{ intercom: Simulator; endpoint: Receiver; ids: string[] }> {
  const options = { rest: { accessToken: TOKEN, seed: 1, ...rest } };
  const { intercom, endpoint } = await subscribed(() => 200, options);
  await sendAll(intercom, { topics: ['conversation.user.created', 'conversation.user.replied'], ...run });
  const keys = new Set([...intercom.notifications()].map(({ subjectKey }) => subjectKey));
  return { intercom, endpoint, ids: [...keys].map((key) => key.replace('conversation/', '')) };
}

const Conversation = z.looseObject({
  id: z.string(),
  conversation_parts: z.object({
    conversation_parts: z.array(z.looseObject({ id: z.string(), part_type: z.string(), body: z.string().nullable() })),
    total_count: z.int(),
  }),
});

/** What the API says of a conversation. */
export async function conversationOf(intercom: Simulator, id: string): Promise<z.output<typeof Conversation>> {
  return Conversation.parse((await call(intercom, `/conversations/${id}`)).body);
}

export const errorOf = (code: string) => ({
  type: 'error.list',
  request_id: expect.any(String),
  errors: [{ code, message: expect.any(String) }],
});

import { HandlerEnv } from '#shared/contract.ts';
import { readEnv } from '#shared/env.ts';

/** The one reader of a built-in handler's environment. */
export const handlerConfig = (env: Record<string, string | undefined> = process.env): HandlerEnv =>
  readEnv('handler', HandlerEnv, env);

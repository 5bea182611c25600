import { WorkerEnv } from '#shared/contract.ts';
import { readEnv } from '#shared/env.ts';

/** The one reader of this process's environment. */
export const workerConfig = (env: Record<string, string | undefined> = process.env): WorkerEnv =>
  readEnv('worker', WorkerEnv, env);

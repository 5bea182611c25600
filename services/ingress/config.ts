import { IngressEnv } from '#shared/contract.ts';
import { readEnv } from '#shared/env.ts';

/** The one reader of this process's environment. */
export const ingressConfig = (env: Record<string, string | undefined> = process.env): IngressEnv =>
  readEnv('ingress', IngressEnv, env);

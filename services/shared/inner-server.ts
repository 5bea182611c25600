import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { PATHS } from './contract.ts';

export type Readiness = { kind: 'ready' } | { kind: 'not-ready'; reason: string };

export interface InnerDeps {
  readonly readiness: () => Readiness;
  readonly registry: Registry;
  /** What the operator is to read, as JSON; without it there is nothing at that path. */
  readonly observed?: () => object;
}

/** Health, metrics and what was observed, on a port of their own. Alive means: the event loop answers. No sockets are opened here. */
export function buildInnerServer(deps: InnerDeps): FastifyInstance {
  const app = fastify({ logger: false, requestTimeout: 10_000, forceCloseConnections: true });
  app.get(PATHS.live, () => 'ok\n');
  app.get(PATHS.ready, (_request, reply) => {
    const readiness = deps.readiness();
    return readiness.kind === 'ready' ? 'ok\n' : reply.code(503).send(`${readiness.reason}\n`);
  });
  app.get(PATHS.metrics, async (_request, reply) => {
    void reply.header('content-type', deps.registry.contentType);
    return deps.registry.metrics();
  });
  if (deps.observed !== undefined) app.get(PATHS.observed, deps.observed);
  return app;
}

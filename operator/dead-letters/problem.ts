import * as z from 'zod';

/** What is wrong with a request, or with us: `application/problem+json` (RFC 9457), with the fields that are to blame. */
export const Problem = z.object({
  status: z.int(),
  title: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
});
export type Problem = z.output<typeof Problem>;

export const PROBLEM_TYPE = 'application/problem+json';

/** Thrown by a route that has nothing else to say. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Omit<Problem, 'errors'> & Partial<Pick<Problem, 'errors'>>) {
    super(problem.detail);
    this.problem = { errors: [], ...problem };
  }
}

/** `place` is where the fields are: `query`, `body` or `path`. */
export function badRequest(place: string, error: z.ZodError): ProblemError {
  const errors = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [place, ...issue.path, key].join('.'), message: 'there is no such field' }))
      : [{ field: [place, ...issue.path].join('.'), message: issue.message }],
  );
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new ProblemError({ status: 400, title: 'The request is not usable', detail, errors });
}

/**
 * Any error of a route as a problem. What fastify refuses keeps its status; everything else is NATS that does not answer
 * or refuses: the requester can only try again.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const { message, statusCode } = error instanceof Error ? (error as Error & { statusCode?: number }) : {};
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { status: statusCode, title: 'The request is not usable', detail: message ?? '', errors: [] };
  }
  const detail = `NATS did not do what was asked: ${message ?? String(error)}`;
  return { status: 503, title: 'The dead letters cannot be reached', detail, errors: [] };
}

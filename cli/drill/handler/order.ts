import * as z from 'zod';

const ms = z.int().min(1).max(600_000);

/** What becomes of a call. */
const Manner = z.discriminatedUnion('kind', [
  /** Takes its time, then answers 200. */
  z.strictObject({ kind: z.literal('work') }),
  /** Never answers. */
  z.strictObject({ kind: z.literal('hang') }),
  z.strictObject({
    kind: z.literal('answer'),
    status: z.int().min(200).max(599),
    retryAfterS: z.int().min(0).max(3_600).optional(),
  }),
  /** 200 at once, and so much text. */
  z.strictObject({
    kind: z.literal('huge'),
    bytes: z
      .int()
      .min(1)
      .max(1024 ** 3),
  }),
  /** 200 at once, then a byte now and then, without an end. */
  z.strictObject({ kind: z.literal('trickle'), everyMs: ms }),
]);

/** Which calls are meant; all others are worked on. */
const Which = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  /** One in so many, one after the other. */
  z.strictObject({ kind: z.literal('one-in'), times: z.int().min(1).max(1_000) }),
  /** The next one that comes, and from then on that notification alone. */
  z.strictObject({ kind: z.literal('next') }),
  z.strictObject({ kind: z.literal('key'), idempotencyKey: z.string().min(1).max(512) }),
]);

/** What the scripted handler is told; its successor, where it is killed, has not heard of it. */
export const Order = z.strictObject({ manner: Manner, which: Which });
export type Order = z.output<typeof Order>;
export type Manner = z.output<typeof Manner>;

/** Closes its port and reopens it, each after so long, until the time is over: in one process, as a server that restarts fast. */
export const Flapping = z.strictObject({ everyMs: ms, forMs: ms });
export type Flapping = z.output<typeof Flapping>;

/** What the handler tells of itself. */
export const HandlerState = z.strictObject({ order: Order, met: z.int().min(0), openings: z.int().min(0) });
export type HandlerState = z.output<typeof HandlerState>;

/** Where it is told: no notification is PUT, or goes there. */
export const CONTROL = { order: '/drill/order', flapping: '/drill/flapping' } as const;

export const WORK: Order = { manner: { kind: 'work' }, which: { kind: 'all' } };

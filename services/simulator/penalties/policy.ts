const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How hard Intercom is on an endpoint. Durations in milliseconds. */
export interface Policy {
  /** From a failed attempt to the one retry. */
  readonly retryAfterMs: number;
  /** More errors in a row than this, the last at most `errorWindowMs` after the first, are a pause of `pauseMs`. */
  readonly maxConsecutiveErrors: number;
  readonly errorWindowMs: number;
  readonly pauseMs: number;
  /** Errors, and nothing but errors, for longer than this suspend the subscription of a private app. */
  readonly suspendAfterMs: number;
  /** Public apps are never suspended. */
  readonly app: 'private' | 'public';
  /** The first answer 429 delays everything by `throttleFromMs`; each that follows doubles it, up to `throttleToMs`. */
  readonly throttleFromMs: number;
  readonly throttleToMs: number;
  /** What throttling would make later than this is dropped. */
  readonly maxLateMs: number;
  /** How much later low priority is; Intercom gives no figure. */
  readonly lowPriorityDelayMs: number;
}

/** Intercom's own figures (developers.intercom.com/docs/webhooks/webhook-notifications), save for the last. */
export const intercomPolicy: Policy = {
  retryAfterMs: MINUTE_MS,
  maxConsecutiveErrors: 1000,
  errorWindowMs: 15 * MINUTE_MS,
  pauseMs: 15 * MINUTE_MS,
  suspendAfterMs: 7 * DAY_MS,
  app: 'private',
  throttleFromMs: MINUTE_MS,
  throttleToMs: 2 * HOUR_MS,
  maxLateMs: 2 * HOUR_MS,
  lowPriorityDelayMs: 2000,
};

/** Changes to Intercom's figures; `speed` shortens those it hasn't been told otherwise. */
export type PolicyChanges = { readonly speed?: number | undefined } & {
  readonly [Field in keyof Policy]?: Policy[Field] | undefined;
};

/**
 * Intercom's policy as these changes make it. `speed` 60 lets one minute of Intercom's last one second, but for the figures
 * that are given beside it. How fast an endpoint answers is no matter of Intercom's clock, so those limits are not in here.
 */
export function policyOf({ speed = 1, ...given }: PolicyChanges): Policy {
  const durations = Object.entries(intercomPolicy).filter(([name]) => name.endsWith('Ms'));
  const faster = durations.map(([name, ms]) => [name, Number(ms) / speed] as const);
  const stated = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...intercomPolicy, ...Object.fromEntries([...faster, ...stated]) };
}

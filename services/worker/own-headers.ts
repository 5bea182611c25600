import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { HEADERS } from '#shared/contract.ts';

/** A copy of a notification's headers, for what follows from it. Ours only: one of NATS itself would act again. */
export function ownHeaders(from: MsgHdrs | undefined): MsgHdrs {
  const own = headers();
  for (const name of Object.values(HEADERS)) if (from?.has(name)) own.set(name, from.get(name));
  return own;
}
